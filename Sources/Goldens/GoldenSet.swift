internal import Images
internal import MMDiT
internal import Safetensors
internal import Storage
internal import StrictJSON
package import Tensors

// The two files are specified in formats/golden-set.md.

/// Runs of a model that a trusted implementation has computed.
public struct GoldenSet: Sendable {
  public let path: String
  /// The implementation that computed them.
  public let producer: String
  /// What they were recorded from; nil for sets of another program.
  public let provenance: GoldenProvenance?
  /// What the guidance leads away from.
  public let negativePrompt: String
  /// Every run, in the order of the document.
  public let goldens: [Golden]
  private let tensors: SafetensorsCheckpoint

  /// The longest document that is read, in bytes.
  private static let largestDocument = 16 << 20

  /// The path of the document beside a set's tensors.
  static func documentPath(of path: String) throws(GoldenFailure) -> String {
    guard path.hasSuffix(".safetensors") else { throw .notAGoldenSet(path: path) }
    return String(path.dropLast("safetensors".count)) + "json"
  }

  /// Opens a set: the safetensors file and the JSON document beside it.
  public static func open(_ path: String) throws -> GoldenSet {
    let documentPath = try documentPath(of: path)
    let tensors = try SafetensorsCheckpoint.open(path)
    let text = try FileReader.contents(of: documentPath, limit: largestDocument)
    let document = try JSONField.parse(text, document: documentPath)
    var ids: Set<String> = []
    let goldens = try document["goldens"].array().map { field in
      let golden = try Golden(document: field) { name in
        guard let text = tensors.weight(named: name) else {
          throw GoldenFailure.missingTensor(path: path, name: name)
        }
        return text.shape.rows
      }
      guard ids.insert(golden.id).inserted else {
        throw try field["id"].failure(expected: "distinct ids", found: "\"\(golden.id)\" twice")
      }
      return golden
    }
    return GoldenSet(
      path: path, producer: try document.optional("producer")?.string() ?? "unknown",
      provenance: try document.optional("provenance").map { try GoldenProvenance(document: $0) },
      negativePrompt: try document.optional("negative_prompt")?.string() ?? "",
      goldens: goldens, tensors: tensors)
  }

  /// The memory that a loaded run takes, in bytes: its predictions, and as much for the latents.
  package func loadedByteCount(of golden: Golden) -> Int {
    let name = GoldenTensor.velocity.name(of: golden.id)
    return 3 * (tensors.weight(named: name)?.storedByteCount ?? 0)
  }

  /// The tensors that hold the predictions of a run.
  package func velocityShapes(of golden: Golden) -> [(name: String, shape: Shape)] {
    let kinds: [GoldenTensor] = isGuided(golden) ? [.velocity, .negativeVelocity] : [.velocity]
    return kinds.compactMap { kind in
      let name = kind.name(of: golden.id)
      return tensors.weight(named: name).map { (name, $0.shape) }
    }
  }

  /// Whether a run has predictions for the negative prompt: models that take the guidance strength
  /// as an input have none.
  public func isGuided(_ golden: Golden) -> Bool {
    golden.guidance > 1
      && tensors.weight(named: GoldenTensor.negativeVelocity.name(of: golden.id)) != nil
  }

  /// Whether the set has the picture of a run.
  public func hasImage(_ golden: Golden) -> Bool {
    tensors.weight(named: GoldenTensor.image.name(of: golden.id)) != nil
  }

  /// Reads the tensors of a run.
  ///
  /// Throws `GoldenFailure` for a tensor that is missing, but for those of pictures, has another shape
  /// than the document says, or holds what is no finite number, and what reading throws.
  public func load(_ golden: Golden) throws -> GoldenRun {
    let source = try golden.reference.map { try self.golden($0) }
    let channels = try shape(GoldenTensor.noise.name(of: golden.id)).columns
    let textWidth = try shape(GoldenTensor.text.name(of: golden.id)).columns
    func checkedName(_ tensor: GoldenTensor) throws -> String {
      let name = tensor.name(of: golden.id)
      let extents = tensor.extents(
        for: golden, channels: channels, textWidth: textWidth, reference: source?.grid)
      try requireShape(extents, of: name)
      return name
    }
    func read(_ tensor: GoldenTensor) throws -> [Float] {
      try finiteValues(of: checkedName(tensor))
    }
    func readSteps(_ tensor: GoldenTensor) throws -> [[Float]] {
      let values = try read(tensor)
      let count = values.count / golden.steps
      return (0..<golden.steps).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
    func isThere(_ tensor: GoldenTensor) -> Bool {
      tensors.weight(named: tensor.name(of: golden.id)) != nil
    }
    let isGuided = isGuided(golden)
    let negativeName = GoldenTensor.negativeText(tokenCount: golden.textTokenCount)
    if isGuided { try requireShape([golden.textTokenCount, textWidth], of: negativeName) }
    return GoldenRun(
      path: path, golden: golden, noise: try read(.noise), text: try read(.text),
      negativeText: isGuided ? try finiteValues(of: negativeName) : nil,
      references: try source.map {
        [ReferenceTokens(tokens: try read(.referenceTokens), grid: $0.grid)]
      } ?? [],
      sigmas: try read(.sigmas), velocities: try readSteps(.velocity),
      negativeVelocities: isGuided ? try readSteps(.negativeVelocity) : nil,
      decoderLatents: isThere(.decoderLatents) ? try read(.decoderLatents) : nil,
      image: isThere(.image) ? try readImage(checkedName(.image), of: golden) : nil)
  }

  /// The run of that id.
  public func golden(_ id: String) throws(GoldenFailure) -> Golden {
    guard let golden = goldens.first(where: { $0.id == id }) else {
      throw .unknownGolden(path: path, id: id, known: goldens.map(\.id))
    }
    return golden
  }

  private func finiteValues(of name: String) throws -> [Float] {
    let values = try tensors.values(of: name)
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return values }
    throw GoldenFailure.notFinite(
      path: path, name: name, position: place, found: "\(values[place])")
  }

  private func readImage(_ name: String, of golden: Golden) throws -> Image {
    guard let (file, tensor) = tensors.tensor(named: name) else {
      throw GoldenFailure.missingTensor(path: path, name: name)
    }
    guard tensor.elementType == .uint8 else {
      throw GoldenFailure.wrongType(
        path: path, name: name, expected: ElementType.uint8.rawValue,
        found: tensor.elementType.rawValue)
    }
    var pixels = [UInt8](repeating: 0, count: tensor.byteRange.count)
    var span = pixels.mutableSpan
    var bytes = span.mutableRawBytes
    try file.read(tensor, at: 0, into: &bytes)
    return Image(
      width: golden.grid.pixelWidth,
      height: golden.grid.pixelHeight, pixels: pixels)
  }

  private func requireShape(_ extents: [Int], of name: String) throws(GoldenFailure) {
    let found = try shape(name)
    guard found.extents == extents else {
      throw .wrongShape(path: path, name: name, expected: Shape(extents), found: found)
    }
  }

  private func shape(_ name: String) throws(GoldenFailure) -> Shape {
    guard let weight = tensors.weight(named: name) else {
      throw .missingTensor(path: path, name: name)
    }
    return weight.shape
  }
}
