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

  /// Checks that the files of the named source are those that the bundle was made from: by their names
  /// and sizes and, where the bundle has digests and `comparesDigests` says so, by those.
  func checkOriginal(comparesDigests: Bool, threads: Int, monitor: WorkMonitor) throws {
    guard let bundle, let original else { return }
    func failure(_ file: SourceFile, expected: String, found: String) -> ExportFailure {
      .otherSource(
        source: original.path, bundle: bundle.path, file: file.name, expected: expected,
        found: found)
    }
    let paths = Dictionary(
      original.files.map { (FileSystem.name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
    var digested: [(file: SourceFile, path: String, sha256: String)] = []
    for file in bundle.header.provenance.sources {
      let digest = file.sha256.map { "SHA-256 \($0)" }
      guard let path = paths[file.name] else {
        throw failure(
          file, expected: digest ?? "\(file.byteCount) bytes", found: "no such file")
      }
      let byteCount = try FileSystem.byteCount(of: path)
      guard byteCount == file.byteCount else {
        throw failure(file, expected: "\(file.byteCount) bytes", found: "\(byteCount)")
      }
      guard let sha256 = file.sha256 else {
        monitor.notice("\(bundle.path) has no digest of \(file.name): its size was compared")
        continue
      }
      if comparesDigests { digested.append((file, path, sha256)) }
    }
    monitor.begin(
      "hash sources", total: digested.reduce(0) { $0 + $1.file.byteCount }, unit: .bytes)
    let files = digested
    let found = try mapChunks(of: files.count, chunk: 1, threads: threads) { index in
      try SHA256Digest.ofFile(files[index.lowerBound].path, monitor: monitor).hexadecimal
    }
    for ((file, _, sha256), found) in zip(files, found) where found != sha256 {
      throw failure(file, expected: "SHA-256 \(sha256)", found: found)
    }
  }
}
