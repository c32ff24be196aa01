internal import Safetensors
internal import StrictJSON
internal import Tensors

/// What a set will hold, known before the first run is made.
public struct GoldenSetPlan: Sendable {
  /// A run that will be recorded.
  public struct Run: Hashable, Sendable {
    public var golden: Golden
    /// Whether the negative prompt is predicted too.
    public var isGuided: Bool
    /// Whether the run ends in a picture.
    public var hasPicture: Bool

    public init(golden: Golden, isGuided: Bool, hasPicture: Bool) {
      self.golden = golden
      self.isGuided = isGuided
      self.hasPicture = hasPicture
    }

    /// The tensors that the set has of it.
    var tensors: [GoldenTensor] {
      GoldenTensor.allCases.filter { tensor in
        switch tensor {
        case .text, .noise, .sigmas, .velocity: true
        case .negativeVelocity: isGuided
        case .referenceTokens: golden.reference != nil
        case .decoderLatents, .image: hasPicture
        }
      }
    }
  }

  /// The implementation that computes the runs, its version and arithmetic.
  public var producer: String
  public var provenance: GoldenProvenance?
  public var negativePrompt: String
  /// C, the channels of a latent token.
  public var channels: Int
  /// J, the width of a prompt embedding.
  public var textWidth: Int
  public var runs: [Run]

  public init(
    producer: String, provenance: GoldenProvenance? = nil, negativePrompt: String = "",
    channels: Int, textWidth: Int, runs: [Run]
  ) {
    self.producer = producer
    self.provenance = provenance
    self.negativePrompt = negativePrompt
    self.channels = channels
    self.textWidth = textWidth
    self.runs = runs
  }

  /// L of each embedding of the negative prompt.
  public var negativeTextTokenCounts: [Int] {
    Set(runs.filter(\.isGuided).map(\.golden.textTokenCount)).sorted()
  }

  /// The bytes of the file with the tensors.
  public func byteCount(path: String) throws -> Int { try layout(path: path).byteCount }

  /// Where every tensor stands in the file.
  func layout(path: String) throws -> SafetensorsLayout {
    var ids: Set<String> = []
    for run in runs where !ids.insert(run.golden.id).inserted {
      throw GoldenFailure.nameTwice(path: path, name: run.golden.id)
    }
    var entries = try runs.flatMap { run in
      let reference = try run.golden.reference.map { id in
        guard let source = runs.first(where: { $0.golden.id == id }) else {
          throw GoldenFailure.unknownGolden(path: path, id: id, known: runs.map(\.golden.id))
        }
        return source.golden.grid
      }
      return run.tensors.map { tensor in
        SafetensorsLayout.Entry(
          name: tensor.name(of: run.golden.id), elementType: tensor.elementType,
          shape: Shape(
            tensor.extents(
              for: run.golden, channels: channels, textWidth: textWidth, reference: reference)))
      }
    }
    for count in negativeTextTokenCounts {
      entries.append(
        SafetensorsLayout.Entry(
          name: GoldenTensor.negativeText(tokenCount: count), elementType: .float32,
          shape: Shape([count, textWidth])))
    }
    return try SafetensorsLayout(
      entries, metadata: [SafetensorsHeader.MetadataEntry(key: "producer", value: producer)],
      path: path)
  }

  /// The document beside the tensors.
  var document: JSONValue {
    var members: [(String, JSONValue)] = [("producer", .init(producer))]
    if let provenance { members.append(("provenance", provenance.document)) }
    if !negativePrompt.isEmpty { members.append(("negative_prompt", .init(negativePrompt))) }
    members.append(("goldens", .array(runs.map(\.golden.document))))
    return .object(JSONObject(members))
  }
}
