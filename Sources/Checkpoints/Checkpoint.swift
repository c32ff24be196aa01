public import Families
public import Safetensors
internal import Storage
public import StrictJSON
public import Tensors

/// One component of a model as someone downloaded it: a transformer, a text encoder or an
/// autoencoder, in a folder of its own, in a file of its own or in one with others.
public struct Checkpoint: Sendable {
  /// The path that was named.
  public let path: String
  /// The weights under the suite's names.
  public let weights: CanonicalWeights
  /// The weights as the files have them, under their own names.
  public let source: any StoredWeights
  /// The `config.json` beside the weights, nil when there is none.
  public let configurationDocument: JSONValue?
  /// Where that stands.
  public let configurationPath: String?
  /// What the first file says of itself, without what describes codes.
  public let metadata: [SafetensorsHeader.MetadataEntry]
  /// The paths of the files, in order.
  public let files: [String]
  /// The licence that the model's folder or metadata names, nil when none does.
  public let license: String?
  /// Whether the pipeline says that the model is distilled: it wants few steps and no second pass.
  public let isDistilled: Bool?
  /// The components that share the files, this one apart.
  public let others: [Identity]
  /// Tensors beside all components that are no weights, and why they are left out; the first
  /// component of a file has them.
  public let strays: [(weight: WeightDescription, reason: String)]

  /// All tensors that are no weights and are left out.
  public var dropped: [(weight: WeightDescription, reason: String)] { weights.dropped + strays }

  public var configuration: Configuration { weights.configuration }

  /// Whether a path leads to one of the files, which an output must not replace.
  public func reads(_ path: String) -> Bool {
    files.contains { FileSystem.isSameFile($0, path) }
  }

  /// What the codes of this component are worth at best; nil for plain values.
  public func statedNoise() throws -> StatedNoise? {
    try source.statedNoise(of: Set(weights.sourceWeights.map(\.name)))
  }

  /// The tensors that are no weights, but belong to those of this component.
  public var companions: [Companion] {
    let names = Set(weights.sourceWeights.map(\.name))
    return source.companions.filter { companion in
      companion.weight.map(names.contains) ?? companion.name.hasPrefix(weights.identity.prefix)
    }
  }

  /// A component of weights that stand in one container, with nothing beside them.
  package init(
    path: String, weights: CanonicalWeights, source: any StoredWeights, license: String?
  ) {
    self.init(
      path: path, weights: weights, source: source, configurationDocument: nil,
      configurationPath: nil, metadata: source.metadata, files: source.files.map(\.path),
      license: license, isDistilled: nil, others: [], strays: [])
  }

  private init(
    path: String, weights: CanonicalWeights, source: any StoredWeights,
    configurationDocument: JSONValue?, configurationPath: String?,
    metadata: [SafetensorsHeader.MetadataEntry], files: [String], license: String?,
    isDistilled: Bool?, others: [Identity],
    strays: [(weight: WeightDescription, reason: String)]
  ) {
    self.path = path
    self.weights = weights
    self.source = source
    self.configurationDocument = configurationDocument
    self.configurationPath = configurationPath
    self.metadata = metadata
    self.files = files
    self.license = license
    self.isDistilled = isDistilled
    self.others = others
    self.strays = strays
  }

  /// Opens one component and checks that it has every weight of its network and no others.
  ///
  /// Of a pipeline folder it is the transformer; of a file with several components the one that is
  /// a transformer, the only one of its kind.
  public static func open(_ path: String) throws -> Checkpoint {
    let checkpoints = try openAll(path)
    return checkpoints[try main(among: checkpoints, path: path)]
  }

  /// The position of the component that stands for all: the only one, or the only transformer.
  static func main(
    among checkpoints: [Checkpoint], path: String
  ) throws(CheckpointFailure) -> Int {
    if checkpoints.count == 1 { return 0 }
    let transformers = checkpoints.indices.filter {
      checkpoints[$0].configuration.family.kind == .transformer
    }
    guard transformers.count == 1 else {
      throw .severalComponents(
        path: path, found: checkpoints.map(\.configuration.family.title))
    }
    return transformers[0]
  }

  /// Opens every component of a file or folder of weights; of a pipeline folder, the transformer.
  ///
  /// The metadata of their container or a `config.json` beside the weights of one component give its
  /// configuration; otherwise it follows from the shapes.
  public static func openAll(_ path: String) throws -> [Checkpoint] {
    try all(
      in: StoredCheckpoint.open(CheckpointPlace(path).weights).decoded(openedAt: path), path: path)
  }

  /// Every component of weights that have been opened at a path already.
  public static func all(in source: any StoredWeights, path: String) throws -> [Checkpoint] {
    let place = CheckpointPlace(path)
    let names = source.weights.map(\.name)
    let identities = Identity.all(of: names)
    guard !identities.isEmpty else {
      throw FamilyFailure.unrecognized(
        origin: source.origin, sample: names, nearest: NearestFamily.of(source))
    }
    let claimed = Set(
      identities.flatMap { identity in
        identity.names(among: names, beside: identities.filter { $0 != identity })
      })
    var strays: [(weight: WeightDescription, reason: String)] = []
    var unexpected: [String] = []
    for weight in source.weights where !claimed.contains(weight.name) {
      if let reason = identities.lazy.compactMap({ $0.family.reasonToDrop(weight.name) }).first {
        strays.append((weight, reason))
      } else {
        unexpected.append(weight.name)
      }
    }
    guard unexpected.isEmpty else {
      throw FamilyFailure.unexpected(origin: source.origin, names: unexpected)
    }
    let metadata = source.metadata
    let license = try place.license(metadata: metadata)
    let isDistilled = try place.isDistilled()
    // What the container says is of its weights; a `config.json` may only lie beside them.
    let contained = try source.configurationDocument()
    return try identities.map { identity in
      let others = identities.filter { $0 != identity }
      let document =
        others.isEmpty && contained == nil
        ? try place.configurationDocument(of: identity.family) : nil
      return Checkpoint(
        path: path,
        weights: try CanonicalWeights(
          source, identity: identity,
          configuration: Configuration(
            of: source, identity: identity, stated: contained ?? document, beside: others),
          beside: others),
        source: source, configurationDocument: document?.value,
        configurationPath: document?.document, metadata: metadata,
        files: source.files.map(\.path),
        license: license, isDistilled: isDistilled,
        others: others, strays: identity == identities.first ? strays : [])
    }
  }
}
