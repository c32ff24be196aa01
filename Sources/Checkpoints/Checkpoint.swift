public import Families
public import Safetensors
internal import Storage
public import StrictJSON
internal import Tensors

/// A FLUX.2 transformer as someone downloaded it: a diffusers pipeline folder, a transformer
/// folder, or a safetensors file.
public struct Checkpoint: Sendable {
  /// The path that was named.
  public let path: String
  /// The weights under the suite's names.
  public let weights: CanonicalWeights
  /// The weights as the files have them, under their own names.
  public let source: DecodedCheckpoint
  /// The `config.json` beside the weights, nil when there is none.
  public let configurationDocument: JSONValue?
  /// The `__metadata__` of the first file, without what describes codes.
  public let metadata: [SafetensorsHeader.MetadataEntry]
  /// The paths of the safetensors files, in order.
  public let files: [String]
  /// The licence that the model's folder or metadata names, nil when none does.
  public let license: String?
  /// Whether the pipeline says that the model is distilled: it wants few steps and no second pass.
  public let isDistilled: Bool?

  public var configuration: Flux2Configuration { weights.configuration }

  /// Whether a path leads to one of the files, which an output must not replace.
  public func reads(_ path: String) -> Bool {
    files.contains { FileSystem.isSameFile($0, path) }
  }

  /// Opens a checkpoint and checks that it has every weight of its network and no others.
  ///
  /// A `config.json` beside the weights gives the configuration; without one it follows from the
  /// shapes.
  public static func open(_ path: String) throws -> Checkpoint {
    let place = CheckpointPlace(path)
    let source = try DecodedCheckpoint(SafetensorsCheckpoint.open(place.weights))
    guard let identity = Identity.of(source.weights.map(\.name)) else {
      throw FamilyFailure.unrecognized(
        origin: source.origin, sample: source.weights.map(\.name))
    }
    let document = try place.configurationDocument()
    let configuration =
      if let document {
        try Flux2Configuration(diffusers: document)
      } else {
        try Flux2Configuration.inferred(from: source, identity: identity)
      }
    return Checkpoint(
      path: path,
      weights: try CanonicalWeights(source, identity: identity, configuration: configuration),
      source: source, configurationDocument: document?.value,
      metadata: source.metadata, files: source.checkpoint.files.map(\.path),
      license: try place.license(metadata: source.metadata),
      isDistilled: try place.isDistilled())
  }
}
