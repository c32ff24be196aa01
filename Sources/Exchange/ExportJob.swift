internal import Bundles
public import Checkpoints
internal import Conversion
internal import Families
public import Parallel
internal import Safetensors
internal import Storage
internal import Tensors

/// A model, a target, and the plan of what each component becomes.
public struct ExportJob: Sendable {
  public let path: String
  public let output: String
  public let target: any ExportTarget
  public let parts: [ComponentExport]
  /// The files of a pipeline that are copied, the weights of components that the target does not
  /// take among them.
  public let carried: [CarriedFile]
  /// The components of the input that the output has no place for.
  public let leftOut: [String]
  /// Whether each part has a folder of its own in the output.
  public let hasSubfolders: Bool

  /// What a finished export has lost, and what it took.
  public struct Outcome: Sendable {
    /// In the order of the parts.
    public let parts: [ComponentExport.Outcome]
    /// The bytes of all files.
    public let outputByteCount: Int
    /// The largest resident size of this process, in bytes.
    public let peakMemoryByteCount: Int
    public let elapsed: Duration
  }

  /// Opens the model, decides about every tensor and looks whether the output can stand; of weights
  /// only a sample of codes is read.
  ///
  /// A target of one file takes one component, the transformer where there are several. One that is
  /// a folder takes, of a pipeline, every component that it knows; the others go along. `source` is
  /// the checkpoint that a bundle was made from.
  public init(
    model path: String, target id: String, output: String, source: String? = nil,
    maximumFileSize: String? = nil
  ) throws {
    let target = try Targets.named(id)
    let limit = try maximumFileSize.map(byteCount(parsing:))
    let (inputs, model) = try Self.inputs(path, target: target, source: source)
    let stem = try Self.stem(of: output, target: target)
    parts = try inputs.map { input in
      ComponentExport(
        input: input,
        plan: try ExportPlan(
          input, to: target, stem: stem ?? input.configuration.family.fileStem,
          maximumFileByteCount: limit))
    }
    self.path = path
    self.output = output
    self.target = target
    let names = Set(inputs.map(\.name))
    hasSubfolders = target.container.fileEnding == nil && model?.pipeline != nil
    // A part's `config.json` is written by the part.
    let written = Set(inputs.map { "\($0.name)/config.json" })
    carried =
      hasSubfolders
      ? try model?.carriedFiles(beside: names).filter { !written.contains($0.name) } ?? [] : []
    leftOut =
      hasSubfolders ? [] : model?.components.map(\.name).filter { !names.contains($0) } ?? []
    if model?.reads(output) ?? FileSystem.isSameFile(path, output) {
      throw ExportFailure.outputIsSource(path: output)
    }
    if target.container.fileEnding == nil { try AtomicFolder.target(output) }
  }

  /// The components that are exported, and the model that they are of.
  private static func inputs(
    _ path: String, target: any ExportTarget, source: String?
  ) throws -> (inputs: [ExportInput], model: Model?) {
    if FileSystem.kind(of: path) == .file, try Bundle.isBundle(path) {
      let original = try source.map { try Checkpoint.open($0) }
      return ([try ExportInput(bundle: Bundle.open(path), original: original)], nil)
    }
    if source != nil { throw ExportFailure.sourceWithoutBundle(path: path) }
    let model = try Model.open(path)
    guard target.container.fileEnding == nil, model.pipeline != nil else {
      return ([try ExportInput(model.mainComponent())], model)
    }
    let taken = model.components.filter {
      target.refusal(of: $0.checkpoint.configuration) == nil
    }
    guard !taken.isEmpty else {
      // Its own words for why.
      return ([try ExportInput(model.mainComponent())], model)
    }
    return (try taken.map { try ExportInput($0) }, model)
  }

  /// What an output's files are called, without number and ending; nil for folders.
  private static func stem(
    of output: String, target: any ExportTarget
  ) throws(ExportFailure) -> String? {
    let name = FileSystem.name(of: output)
    guard let ending = target.container.fileEnding else {
      guard ![".safetensors", ".gguf", ".mmdit"].contains(where: name.hasSuffix) else {
        throw .wrongOutput(path: output, target: target.id, expected: "the name of a folder")
      }
      return nil
    }
    guard name.hasSuffix(ending), name.count > ending.count else {
      throw .wrongOutput(
        path: output, target: target.id, expected: "a name that ends in \(ending)")
    }
    return String(name.dropLast(ending.count))
  }

  /// The bytes of all files.
  public func byteCount() throws -> Int {
    try parts.reduce(0) { try $0 + $1.byteCount() } + carried.reduce(0) { $0 + $1.byteCount }
  }

  /// The most memory that the export takes, in bytes: parts come one after the other.
  public func peakMemoryByteCount(threads: Int) -> Int {
    parts.map { $0.plan.peakMemoryByteCount(threads: threads) }.max() ?? 0
  }

  /// Writes the output, reads it back, and gives it its name when it is what it should be.
  ///
  /// Interrupted or failed, nothing stands under the output's name that did not stand there before.
  /// The files that a bundle was made from are those that it names if their sizes and, with
  /// `digestsSources`, their SHA-256 say so.
  public func run(
    digestsSources: Bool = true, threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    for part in parts {
      try part.input.checkOriginal(
        comparesDigests: digestsSources, threads: threads, monitor: monitor)
    }
    let byteCount = try byteCount()
    var folder = try AtomicFolder.create(
      isFile ? output + ".export" : output, needing: byteCount,
      resumption: .anew("mmdit-export"))
    monitor.begin(
      "export", total: parts.reduce(0) { $0 + $1.plan.sourceByteCount }, unit: .bytes)
    var places: [String] = []
    for part in parts {
      let place = hasSubfolders ? try folder.makeFolder(part.name) : folder.partialPath
      try part.write(to: place, threads: threads, monitor: monitor)
      places.append(place)
    }
    try folder.copy(
      carried,
      .anew("mmdit-export"),
      monitor: monitor)
    var outcomes: [ComponentExport.Outcome] = []
    for (part, place) in zip(parts, places) {
      outcomes.append(try part.check(in: place, threads: threads, monitor: monitor))
    }
    if isFile {
      for file in parts[0].plan.files {
        try folder.release(
          file.name, to: FileSystem.path(FileSystem.folder(of: output), file.name))
      }
    } else {
      try folder.commit()
    }
    return Outcome(
      parts: outcomes, outputByteCount: byteCount,
      peakMemoryByteCount: ProcessMemory.peakByteCount(), elapsed: clock.now - start)
  }

  private var isFile: Bool { target.container.fileEnding != nil }
}
