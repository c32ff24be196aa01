public import Bundles
public import Checkpoints
public import Families
internal import Parallel
internal import Storage
internal import StrictJSON

/// What is exported: a component with its values and, of a bundle, its codes.
public struct ExportInput: Sendable {
  /// What the values come from.
  public enum Origin: Sendable {
    case checkpoint(Checkpoint)
    case bundle(Bundle)
  }

  /// The component's name in a model: `transformer`.
  public let name: String
  public let origin: Origin
  /// The weights under the suite's names.
  public let weights: CanonicalWeights
  /// The checkpoint that a bundle was made from, when one was named.
  public let original: Checkpoint?
  /// What a checkpoint of codes is worth at best; nil for plain values.
  public let sourceNoise: StatedNoise?

  public var configuration: Configuration { weights.configuration }
  public var path: String { weights.origin }

  /// The bundle that it is, nil for a checkpoint.
  public var bundle: Bundle? {
    if case .bundle(let bundle) = origin { bundle } else { nil }
  }

  /// The checkpoint that it is, or that its bundle was made from.
  var checkpoint: Checkpoint? {
    if case .checkpoint(let checkpoint) = origin { checkpoint } else { original }
  }

  public init(_ component: Model.Component) throws {
    name = component.name
    origin = .checkpoint(component.checkpoint)
    weights = component.checkpoint.weights
    original = nil
    sourceNoise = try component.checkpoint.statedNoise()
  }

  /// A bundle, and perhaps the checkpoint that it was made from.
  public init(bundle: Bundle, original: Checkpoint?) throws {
    weights = try bundle.canonicalWeights()
    name = weights.configuration.family.kind.folderName
    origin = .bundle(bundle)
    self.original = original
    sourceNoise = nil
    if let original, original.configuration != weights.configuration {
      throw ExportFailure.otherSource(
        source: original.path, bundle: bundle.path, file: "config.json",
        expected: "the same sizes", found: "another network")
    }
  }

  /// The weights that a tensor of the output is made of.
  func weights(for source: ExportTensor.Source) -> CanonicalWeights {
    if case .original = source, let original { return original.weights }
    return weights
  }

  /// The licence that the source names.
  public var license: String? {
    switch origin {
    case .checkpoint(let checkpoint): checkpoint.license
    case .bundle(let bundle): bundle.header.provenance.license
    }
  }

  /// Checks that the files of the named source have the digests that the bundle was made from.
  func checkOriginal(monitor: WorkMonitor) throws {
    guard let bundle, let original else { return }
    let sizes = try original.files.map { try FileSystem.byteCount(of: $0) }
    monitor.begin("hash sources", total: sizes.reduce(0, +), unit: .bytes)
    var digests: [String: String] = [:]
    for path in original.files {
      digests[FileSystem.name(of: path)] = try SHA256Digest.ofFile(path, monitor: monitor).0
    }
    for file in bundle.header.provenance.sources where digests[file.name] != file.sha256 {
      throw ExportFailure.otherSource(
        source: original.path, bundle: bundle.path, file: file.name,
        expected: "SHA-256 \(file.sha256)", found: digests[file.name] ?? "no such file")
    }
  }
}
