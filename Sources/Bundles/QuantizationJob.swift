public import Checkpoints
internal import Families
public import Parallel
internal import Recipes
internal import Storage
internal import Tensors

/// A checkpoint, a recipe, and the plan of the bundle that they make.
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
    /// The largest resident size of this process, in bytes.
    public let peakMemoryByteCount: Int
    public let elapsed: Duration
  }

  /// Opens the model, reads the recipe and plans every byte; of weights only a sample of codes is
  /// read.
  public init(model: String, recipe: String, threads: Int) throws {
    checkpoint = try Checkpoint.open(model)
    plan = BundlePlan(
      try Assignment(Recipe.named(recipe), to: checkpoint.weights),
      configuration: checkpoint.configuration)
    self.threads = threads
    sourceNoise = try checkpoint.source.statedNoise()
  }

  /// The bytes of the weights in the source.
  public var sourceByteCount: Int { checkpoint.weights.weights.storedByteCount }

  /// Hashes the sources and writes the bundle.
  public func run(
    output: String, compress: Bool, producer: String, monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    if checkpoint.reads(output) { throw BundleFailure.outputIsSource(path: output) }
    let clock = ContinuousClock()
    let start = clock.now
    let header = try quantize(
      checkpoint.weights, as: plan,
      provenance: Provenance(
        producer: producer, sources: try hashSources(monitor: monitor),
        license: checkpoint.license, metadata: checkpoint.metadata),
      to: output, compress: compress, threads: threads, monitor: monitor)
    return Outcome(
      header: header, outputByteCount: try Bundle.open(output).fileByteCount,
      peakMemoryByteCount: ProcessMemory.peakByteCount(), elapsed: clock.now - start)
  }

  private func hashSources(monitor: WorkMonitor) throws -> [SourceFile] {
    let sizes = try checkpoint.files.map { try FileSystem.byteCount(of: $0) }
    monitor.begin("hash sources", total: sizes.reduce(0, +), unit: .bytes)
    return try checkpoint.files.map { path in
      let (digest, byteCount) = try SHA256Digest.ofFile(path, monitor: monitor)
      return SourceFile(name: FileSystem.name(of: path), byteCount: byteCount, sha256: digest)
    }
  }
}
