public import MMDiT
internal import StrictJSON

/// One run of a golden set: what was asked. Its tensors are listed in `GoldenTensor`.
public struct Golden: Hashable, Sendable {
  public var id: String
  public var prompt: String
  /// Of the generator that made the noise; nil when nobody noted it.
  public var seed: Int?
  public var steps: Int
  /// The strength of classifier-free guidance; without effect at 1 or below.
  public var guidance: Float
  /// The grid of the latents.
  public var grid: TokenGrid
  /// L, the rows of the prompt embedding, which name the negative prompt's tensor too.
  public var textTokenCount: Int
  /// The noise levels before the scheduler's shift; nil for as many equal steps from 1.
  public var unshiftedSigmas: [Double]?
  /// The run whose picture is the reference, nil when there is none.
  public var reference: String?
  /// The LoRAs the run was made with.
  public var loras: [LoRA]

  /// A change of the weights that a run was made with.
  public struct LoRA: Hashable, Sendable {
    /// Relative to the model.
    public var path: String
    /// What the change is multiplied with.
    public var strength: Double

    public init(path: String, strength: Double) {
      self.path = path
      self.strength = strength
    }
  }

  public init(
    id: String, prompt: String, seed: Int? = nil, steps: Int, guidance: Float, grid: TokenGrid,
    textTokenCount: Int, unshiftedSigmas: [Double]? = nil, reference: String? = nil,
    loras: [LoRA] = []
  ) {
    self.id = id
    self.prompt = prompt
    self.seed = seed
    self.steps = steps
    self.guidance = guidance
    self.grid = grid
    self.textTokenCount = textTokenCount
    self.unshiftedSigmas = unshiftedSigmas
    self.reference = reference
    self.loras = loras
  }
}

extension Golden {
  private static let defaultPixels = 128
  private static let largestPixels = 1 << 16

  /// Reads one entry of the document; defaults are those of formats/golden-set.md.
  ///
  /// `textTokenCount` says how many rows a tensor of prompt embeddings has, and throws without one.
  init(document: JSONField, textTokenCount: (_ name: String) throws -> Int) throws {
    func pixels(_ key: String) throws -> Int {
      guard let field = try document.optional(key) else { return Self.defaultPixels }
      return try field.integer(in: TokenGrid.pixelsPerToken...Self.largestPixels)
    }
    let id = try document["id"].string()
    self.init(
      id: id, prompt: try document.optional("prompt")?.string() ?? "",
      seed: try document.optional("seed")?.integer(in: 0...Int.max),
      steps: try document["steps"].integer(in: 1...1 << 16),
      guidance: Float(try document["guidance"].double()),
      grid: TokenGrid(
        pixelHeight: try pixels("height"), pixelWidth: try pixels("width")),
      textTokenCount: try textTokenCount(GoldenTensor.text.name(of: id)),
      unshiftedSigmas: try document.optional("sigmas")?.array().map { try $0.double() },
      reference: try document.optional("reference")?.string(),
      loras: try document.optional("loras")?.array().map {
        LoRA(
          path: try $0["path"].string(), strength: try $0.optional("strength")?.double() ?? 1)
      } ?? [])
  }

  /// The entry that `init(document:textTokenCount:)` reads.
  var document: JSONValue {
    var members: [(String, JSONValue)] = [("id", .init(id)), ("prompt", .init(prompt))]
    if let seed { members.append(("seed", .init(seed))) }
    members += [
      ("steps", .init(steps)),
      // Through its text, so that a guidance of 3.5 or 0.1 is written as a person wrote it.
      ("guidance", Double(guidance.description).map { .init($0) } ?? .null),
      ("height", .init(grid.pixelHeight)),
      ("width", .init(grid.pixelWidth)),
      ("max_sequence_length", .init(textTokenCount)),
    ]
    if let unshiftedSigmas {
      members.append(("sigmas", .array(unshiftedSigmas.map { .init($0) })))
    }
    if let reference { members.append(("reference", .init(reference))) }
    if !loras.isEmpty {
      members.append(
        (
          "loras",
          .array(
            loras.map { ["path": .init($0.path), "strength": .init($0.strength)] })
        ))
    }
    return .object(JSONObject(members))
  }
}
