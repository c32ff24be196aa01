public import Checkpoints
public import Families
public import Parallel
public import Recipes
internal import Storage

/// A pipeline, a recipe for each of its components, and the folder that they make: a bundle for each
/// component that is quantized, everything else as it is.
public struct PipelineQuantization: Sendable {
  /// A component that becomes a bundle.
  public struct Part: Sendable {
    /// Its name in the pipeline, which is its folder.
    public let name: String
    public let job: QuantizationJob

    /// Where its bundle stands in the output.
    public var fileName: String {
      FileSystem.path(name, job.checkpoint.configuration.family.fileStem + ".mmdit")
    }
  }

  /// What a finished job has cost.
  public struct Outcome: Sendable {
    /// In the order of the parts.
    public let parts: [QuantizationJob.Outcome]
    public let takenOverByteCount: Int
  }

  public let model: Model
  public let parts: [Part]
  /// The files that are copied, the weights of components that are kept among them.
  public let carried: [CarriedFile]

  /// Opens every component and plans every byte of the bundles; no weight is read.
  ///
  /// A component without a recipe, and one with the recipe `keep`, is copied.
  public init(
    model path: String, recipes: ComponentRecipes, layout: Layout = .diffusers, threads: Int
  ) throws {
    let model = try Model.open(path)
    guard model.pipeline != nil else { throw BundleFailure.notAPipeline(path: path) }
    let names = model.components.map(\.name)
    for name in recipes.componentNames where !names.contains(name) {
      throw RecipeFailure.unknownComponent(name: name, known: names)
    }
    parts = try model.components.compactMap { component in
      guard let recipe = recipes[component.name], recipe != BuiltInRecipe.keep.rawValue else {
        return nil
      }
      return Part(
        name: component.name,
        job: try QuantizationJob(
          component.checkpoint, recipe: recipe, layout: layout, threads: threads))
    }
    self.model = model
    carried = try model.carriedFiles(beside: parts.map(\.name))
  }

  /// The bytes that the disk must have free.
  public var diskByteCount: Int {
    parts.reduce(0) { $0 + $1.job.plan.diskByteCount } + carried.reduce(0) { $0 + $1.byteCount }
  }

  /// Writes the folder; interrupted or failed, nothing stands under its name.
  public func run(
    output: String, compress: Bool, digestsSources: Bool = true, resuming: Bool = false,
    producer: String, monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    let target = try AtomicFolder.target(output)
    let resumption = Resumption(
      of: try fingerprint(
        producer: producer, compress: compress, digestsSources: digestsSources),
      isWanted: resuming, isInFolder: true, monitor: monitor)
    return try resumption.run(output: target) {
      var folder = try AtomicFolder.create(
        target, needing: diskByteCount, resumption: resumption)
      var outcomes: [QuantizationJob.Outcome] = []
      for part in parts {
        _ = try folder.makeFolder(part.name)
        let path = FileSystem.path(folder.partialPath, part.fileName)
        outcomes.append(
          try part.job.write(
            to: path, compress: compress, digestsSources: digestsSources, producer: producer,
            resumption, monitor: monitor))
      }
      monitor.begin("copy", total: carried.reduce(0) { $0 + $1.byteCount }, unit: .bytes)
      try folder.copy(carried, resumption, monitor: monitor)
      try folder.commit()
      return Outcome(parts: outcomes, takenOverByteCount: resumption.takenOverByteCount)
    }
  }

  private func fingerprint(
    producer: String, compress: Bool, digestsSources: Bool
  ) throws -> JobFingerprint {
    var fingerprint = JobFingerprint(job: producer)
    fingerprint.add(parts.count)
    for part in parts {
      fingerprint.add(part.fileName)
      try part.job.add(to: &fingerprint, compress: compress, digestsSources: digestsSources)
    }
    for file in carried {
      fingerprint.add(file.name)
      try fingerprint.add(source: file.path, headerByteCount: 0)
    }
    return fingerprint
  }
}
