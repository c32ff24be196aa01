public import Checkpoints
public import Families
public import Parallel
internal import Recipes
internal import Storage
internal import Tensors

/// A component, a recipe, and the plan of the bundle that they make.
public struct QuantizationJob: Sendable {
  public let checkpoint: Checkpoint
  public let plan: BundlePlan
  public let threads: Int
  /// What the source is worth at best if it is stored as codes; nil for plain values.
  public let sourceNoise: StatedNoise?

  /// What a finished job has cost.
  public struct Outcome: Sendable {
    public let header: BundleHeader
    public let outputByteCount: Int
    /// The bytes of the output that an earlier run wrote and that were found as it left them.
    public let takenOverByteCount: Int
    /// The largest resident size of this process, in bytes.
    public let peakMemoryByteCount: Int
    public let elapsed: Duration
  }

  /// Opens the model, reads the recipe and plans every byte; of weights only a sample of codes is
  /// read.
  public init(
    model: String, recipe: String, layout: Layout = .diffusers, threads: Int
  ) throws {
    try self.init(Checkpoint.open(model), recipe: recipe, layout: layout, threads: threads)
  }

  /// Reads the recipe and plans every byte.
  public init(
    _ checkpoint: Checkpoint, recipe: String, layout: Layout = .diffusers, threads: Int
  ) throws {
    self.checkpoint = checkpoint
    plan = try BundlePlan(
      Assignment(Recipe.named(recipe, for: checkpoint.weights), to: checkpoint.weights),
      configuration: checkpoint.configuration, layout: layout)
    self.threads = threads
    sourceNoise = try checkpoint.statedNoise()
  }

  /// The bytes of the weights in the source.
  public var sourceByteCount: Int { checkpoint.weights.weights.storedByteCount }

  /// Writes the bundle and digests its sources in the same pass, unless they are to be left out.
  ///
  /// With `resuming`, what an earlier run of the same `producer` has finished is taken over after a
  /// check, and what this one finishes stays when it fails. The sources are hashed again all the
  /// same: the digests in a bundle are of bytes that were there when it was finished, and sizes and
  /// times prove no bytes.
  public func run(
    output: String, compress: Bool, digestsSources: Bool = true, resuming: Bool = false,
    producer: String, monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    if checkpoint.reads(output) { throw BundleFailure.outputIsSource(path: output) }
    var fingerprint = JobFingerprint(job: producer)
    try add(to: &fingerprint, compress: compress, digestsSources: digestsSources)
    let resumption = Resumption(of: fingerprint, isWanted: resuming, monitor: monitor)
    return try resumption.run(output: output) {
      try write(
        to: output, compress: compress, digestsSources: digestsSources, producer: producer,
        resumption, monitor: monitor)
    }
  }

  /// Writes the bundle, as part of a job that may be more than this.
  func write(
    to path: String, compress: Bool, digestsSources: Bool, producer: String,
    _ resumption: Resumption, monitor: WorkMonitor
  ) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    let before = resumption.takenOverByteCount
    let header = try quantize(
      checkpoint.weights, as: plan, digesting: digestsSources ? checkpoint.files : [],
      provenance: { digests in
        Provenance(
          producer: producer,
          sources: digestsSources
            ? digests.map(SourceFile.init) : try checkpoint.files.map(SourceFile.init(undigested:)),
          license: checkpoint.license, metadata: checkpoint.metadata)
      },
      to: path, compress: compress, threads: threads, resumption: resumption, monitor: monitor)
    return Outcome(
      header: header, outputByteCount: try Bundle.open(path).fileByteCount,
      takenOverByteCount: resumption.takenOverByteCount - before,
      peakMemoryByteCount: ProcessMemory.peakByteCount(), elapsed: clock.now - start)
  }
}

extension SourceFile {
  fileprivate init(_ file: FileDigests.Finished) {
    self.init(
      name: FileSystem.name(of: file.path), byteCount: file.byteCount, sha256: file.hexadecimal)
  }

  fileprivate init(undigested path: String) throws(StorageFailure) {
    self.init(
      name: FileSystem.name(of: path), byteCount: try FileSystem.byteCount(of: path), sha256: nil)
  }
}
