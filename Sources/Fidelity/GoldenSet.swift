public import MMDiT
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

// The two files are specified in formats/golden-set.md.

/// One run of a golden set: what was asked, and where its tensors are found.
public struct Golden: Hashable, Sendable {
  public let id: String
  public let prompt: String
  public let steps: Int
  /// The strength of classifier-free guidance; without effect at 1 or below.
  public let guidance: Float
  /// The grid of the latents.
  public let grid: TokenGrid
  /// The rows of the prompt embedding, which name the negative prompt's tensor too.
  public let textTokenCount: Int
  /// The run whose picture is the reference, nil when there is none.
  public let reference: String?
  /// The LoRAs the run was made with.
  public let loras: [String]
}

/// The tensors of a golden run.
public struct GoldenRun: Sendable {
  /// The set's file.
  public let path: String
  public let golden: Golden
  /// The initial latents, `[T, C]`.
  public let noise: [Float]
  /// The prompt embedding, `[L, J]`.
  public let text: [Float]
  /// The embedding of the negative prompt; nil without guidance.
  public let negativeText: [Float]?
  public let references: [ReferenceTokens]
  /// The noise levels, one for the beginning of each step and a last one.
  public let sigmas: [Float]
  /// The prediction of each step, `[T, C]`.
  public let velocities: [[Float]]
  /// The prediction of each step for the negative prompt; nil without guidance.
  public let negativeVelocities: [[Float]]?

  /// The latents before each step and after the last, by Euler from noise and velocities.
  public let trajectory: [[Float]]
}

/// Runs of a model that another, trusted implementation has computed.
public struct GoldenSet: Sendable {
  public let path: String
  /// The implementation that computed them.
  public let producer: String
  /// Every run, in the order of the document.
  public let goldens: [Golden]
  private let tensors: SafetensorsCheckpoint

  /// The longest document that is read, in bytes.
  private static let largestDocument = 16 << 20

  /// Opens a set: the safetensors file and the JSON document beside it.
  public static func open(_ path: String) throws -> GoldenSet {
    guard path.hasSuffix(".safetensors") else {
      throw FidelityFailure.notAGoldenSet(path: path)
    }
    let documentPath = String(path.dropLast("safetensors".count)) + "json"
    let tensors = try SafetensorsCheckpoint.open(path)
    let text = try FileReader.contents(of: documentPath, limit: largestDocument)
    let document = try JSONField.parse(text, document: documentPath)
    let fields = try document["goldens"].array()
    var grids: [String: TokenGrid] = [:]
    var goldens: [Golden] = []
    for field in fields {
      let golden = try Golden(document: field, tensors: tensors)
      guard grids.updateValue(golden.grid, forKey: golden.id) == nil else {
        throw try field["id"].failure(expected: "distinct ids", found: "\"\(golden.id)\" twice")
      }
      goldens.append(golden)
    }
    return GoldenSet(
      path: path, producer: try document.optional("producer")?.string() ?? "unknown",
      goldens: goldens, tensors: tensors)
  }

  /// The memory that a loaded run takes, in bytes: its predictions, and as much for the latents.
  func loadedByteCount(of golden: Golden) -> Int {
    let velocity = tensors.weight(named: "\(golden.id).velocity")?.storedByteCount ?? 0
    return 3 * velocity
  }

  /// The tensors that hold the predictions of a run.
  func velocityShapes(of golden: Golden) -> [(name: String, shape: Shape)] {
    let names =
      ["\(golden.id).velocity"] + (isGuided(golden) ? ["\(golden.id).negative_velocity"] : [])
    return names.compactMap { name in tensors.weight(named: name).map { (name, $0.shape) } }
  }

  /// Whether a run has predictions for the negative prompt: models that take the guidance strength
  /// as an input have none.
  private func isGuided(_ golden: Golden) -> Bool {
    golden.guidance > 1 && tensors.weight(named: "\(golden.id).negative_velocity") != nil
  }

  /// Reads the tensors of a run.
  public func load(_ golden: Golden) throws -> GoldenRun {
    let channels = try shape("\(golden.id).noise").columns
    let tokens = golden.grid.tokenCount ?? 0
    func read(_ name: String, _ extents: [Int]) throws -> [Float] {
      let found = try shape(name)
      guard found.extents == extents else {
        throw FidelityFailure.wrongShape(
          path: path, name: name, expected: Shape(extents), found: found)
      }
      return try tensors.values(of: name)
    }
    func readSteps(_ name: String) throws -> [[Float]] {
      let values = try read(name, [golden.steps, tokens, channels])
      let count = tokens * channels
      return (0..<golden.steps).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
    let noise = try read("\(golden.id).noise", [tokens, channels])
    let sigmas = try read("\(golden.id).sigmas", [golden.steps + 1])
    let textWidth = try shape("\(golden.id).prompt_embeds").columns
    let textExtents = [golden.textTokenCount, textWidth]
    let isGuided = isGuided(golden)
    let velocities = try readSteps("\(golden.id).velocity")
    let negativeVelocities = isGuided ? try readSteps("\(golden.id).negative_velocity") : nil
    var references: [ReferenceTokens] = []
    if let reference = golden.reference {
      guard let source = goldens.first(where: { $0.id == reference }) else {
        throw FidelityFailure.unknownGolden(path: path, id: reference, known: goldens.map(\.id))
      }
      references.append(
        ReferenceTokens(
          tokens: try read(
            "\(golden.id).reference_tokens", [source.grid.tokenCount ?? 0, channels]),
          grid: source.grid))
    }
    return GoldenRun(
      path: path, golden: golden, noise: noise,
      text: try read("\(golden.id).prompt_embeds", textExtents),
      negativeText: isGuided
        ? try read("negative_prompt_embeds.\(golden.textTokenCount)", textExtents) : nil,
      references: references, sigmas: sigmas, velocities: velocities,
      negativeVelocities: negativeVelocities,
      trajectory: GoldenRun.trajectory(
        from: noise, sigmas: sigmas, velocities: velocities, negative: negativeVelocities,
        guidance: golden.guidance))
  }

  private func shape(_ name: String) throws -> Shape {
    guard let weight = tensors.weight(named: name) else {
      throw FidelityFailure.missingTensor(path: path, name: name)
    }
    return weight.shape
  }
}
