public import Checkpoints
public import Families
public import Parallel
internal import Safetensors
internal import Storage
public import Tensors

/// A model and the plan of what each of its components becomes.
public struct ConversionJob: Sendable {
  public let model: Model
  public let output: String
  /// The components that are converted.
  public let parts: [ComponentConversion]
  /// The files of the pipeline that are copied.
  public let carried: [CarriedFile]
  /// Whether each part has a folder of its own in the output.
  public let hasSubfolders: Bool

  /// What a finished conversion has lost and saved.
  public struct Outcome: Sendable {
    /// In the order of the parts.
    public let parts: [ComponentConversion.Outcome]
    /// The bytes of the output that an earlier run wrote and that were found as it left them.
    public let takenOverByteCount: Int
  }

  /// Opens the model, plans every tensor and looks whether the output can stand; of weights only a
  /// sample of codes is read.
  ///
  /// A path that ends in `.safetensors` is one file and takes one component: of a pipeline, or of a
  /// file with several, the transformer. Any other path is a folder and takes all; several have a
  /// folder each, and what else a pipeline has goes along. `maximumFileSize` is a number of bytes
  /// with an optional unit: `5GB`, `500MB`, `1GiB`.
  ///
  /// Codes become values of the type that is asked for, or with `dequantizing` of
  /// `ConversionPlan.decodedType`; with neither they are refused.
  public init(
    model path: String, output: String, layout: Layout, type: ElementType?,
    dequantizing: Bool = false, maximumFileSize: String?
  ) throws {
    try self.init(
      Model.open(path), output: output, layout: layout, type: type, dequantizing: dequantizing,
      maximumFileSize: maximumFileSize)
  }

  /// Plans the conversion of a model that is open.
  public init(
    _ model: Model, output: String, layout: Layout, type: ElementType?,
    dequantizing: Bool = false, maximumFileSize: String?
  ) throws {
    let limit = try maximumFileSize.map(byteCount(parsing:))
    let isFile = output.hasSuffix(".safetensors")
    let isWhole = !isFile && (model.pipeline != nil || model.components.count > 1)
    let components = isWhole ? model.components : [try model.mainComponent()]
    if type == nil, !dequantizing { try Self.refuseCodes(of: components, path: model.path) }
    parts = try components.map { component in
      ComponentConversion(
        name: component.name, checkpoint: component.checkpoint,
        plan: try ConversionPlan(
          component.checkpoint, to: layout, as: type, output: output,
          maximumFileByteCount: limit),
        sourceNoise: try component.checkpoint.statedNoise(), type: type,
        writesConfiguration: layout == .diffusers || model.pipeline != nil)
    }
    self.model = model
    self.output = output
    hasSubfolders = isWhole
    // A part's `config.json` is written by the part.
    let written = Set(components.map { "\($0.name)/config.json" })
    carried =
      isWhole
      ? try model.carriedFiles(beside: components.map(\.name))
        .filter { !written.contains($0.name) } : []
    try checkOutput(isFile: isFile)
  }

  /// Refuses codes: a type for their values was not asked for, and they would take more bytes.
  private static func refuseCodes(
    of components: [Model.Component], path: String
  ) throws(ConversionFailure) {
    let encodings = components.flatMap { component in
      component.checkpoint.weights.sourceWeights.compactMap {
        component.checkpoint.source.plainType(of: $0.name) == nil ? $0.encoding : nil
      }
    }
    guard !encodings.isEmpty else { return }
    let counts = Dictionary(grouping: encodings, by: \.self).mapValues(\.count)
    throw .holdsCodes(
      path: path,
      found: counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \($0.value == 1 ? "tensor" : "tensors") \($0.key)" })
  }

  /// Refuses an output that could not be written in the end.
  private func checkOutput(isFile: Bool) throws {
    if model.reads(output) { throw ConversionFailure.outputExists(path: output) }
    if !isFile {
      try AtomicFolder.target(output)
    } else if parts.contains(where: { $0.plan.files.count > 1 }) {
      throw ConversionFailure.shardsNeedAFolder(path: output)
    }
  }

  /// The components that the output has no place for.
  public var leftOut: [Model.Component] {
    let names = Set(parts.map(\.name))
    return model.components.filter { !names.contains($0.name) }
  }

  /// The bytes of all tensors and files of the output.
  public var byteCount: Int {
    parts.reduce(0) { $0 + $1.plan.byteCount } + carried.reduce(0) { $0 + $1.byteCount }
  }

  /// The most memory that the conversion takes, in bytes: parts come one after the other.
  public func peakMemoryByteCount(threads: Int) -> Int {
    parts.map { $0.plan.peakMemoryByteCount(threads: threads) }.max() ?? 0
  }

  /// Writes the output; interrupted or failed, nothing stands under its name.
  ///
  /// Memory holds one row block per thread and the headers. With `resuming`, what an earlier run of
  /// the same `producer`, which names tool and version, has finished is taken over after a check,
  /// and what this one finishes stays when it fails.
  public func run(
    threads: Int = availableThreadCount(), resuming: Bool = false, producer: String = "",
    monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    let isFolder = parts.contains { $0.plan.isFolder }
    let resumption = Resumption(
      of: try fingerprint(producer: producer), isWanted: resuming, isInFolder: isFolder,
      monitor: monitor)
    let overflows = parts.map { OverflowCounts(count: $0.plan.layout.tensors.count) }
    let target = isFolder ? try AtomicFolder.target(output) : output
    try resumption.run(output: target) {
      monitor.begin("convert", total: byteCount, unit: .bytes)
      if isFolder {
        try writeFolder(target, overflows, resumption, threads: threads, monitor: monitor)
      } else {
        for (part, overflows) in zip(parts, overflows) {
          try part.write(
            part.plan.files[0], part.layouts(output: target)[0], to: target, overflows,
            resumption, threads: threads, monitor: monitor)
        }
      }
    }
    return Outcome(
      parts: overflows.map { ComponentConversion.Outcome(overflowCounts: $0.values) },
      takenOverByteCount: resumption.takenOverByteCount)
  }

  private func writeFolder(
    _ target: String, _ overflows: [OverflowCounts], _ resumption: Resumption, threads: Int,
    monitor: WorkMonitor
  ) throws {
    let layouts = try parts.map { part in
      try part.layouts(output: hasSubfolders ? FileSystem.path(target, part.name) : target)
    }
    let documents = try parts.map { try $0.documents() }
    var folder = try AtomicFolder.create(
      target,
      needing: layouts.joined().reduce(0) { $0 + $1.byteCount }
        + documents.joined().reduce(0) { $0 + $1.text.count }
        + carried.reduce(0) { $0 + $1.byteCount },
      resumption: resumption)
    for (index, part) in parts.enumerated() {
      let place = hasSubfolders ? try folder.makeFolder(part.name) : folder.partialPath
      for (file, layout) in zip(part.plan.files, layouts[index]) {
        try part.write(
          file, layout, to: FileSystem.path(place, file.name), overflows[index], resumption,
          threads: threads, monitor: monitor)
      }
      for (name, text) in documents[index] {
        try AtomicFile.write(text.rawBytes, to: FileSystem.path(place, name))
      }
    }
    try folder.copy(carried, resumption, monitor: monitor)
    try folder.commit()
  }
}
