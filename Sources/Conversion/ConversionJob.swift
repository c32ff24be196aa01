public import Checkpoints
public import Families
public import Parallel
internal import Safetensors
internal import Storage
internal import StrictJSON
public import Tensors

/// A checkpoint and the plan of what it becomes.
public struct ConversionJob: Sendable {
  public let checkpoint: Checkpoint
  public let plan: ConversionPlan
  public let output: String

  /// What a finished conversion has lost: nothing, unless a type was asked for.
  public struct Outcome: Sendable {
    /// The finite values of each tensor that the target's type cannot hold and that became infinite,
    /// in the order of the plan.
    public let overflowCounts: [Int]
    /// The bytes of the output that an earlier run wrote and that were found as it left them.
    public let takenOverByteCount: Int
  }

  /// Opens the model, plans every tensor and looks whether the output can stand; no weight is read.
  ///
  /// `maximumFileSize` is a number of bytes with an optional unit: `5GB`, `500MB`, `1GiB`.
  public init(
    model: String, output: String, layout: Layout, type: ElementType?, maximumFileSize: String?
  ) throws {
    checkpoint = try Checkpoint.open(model)
    self.output = output
    plan = try ConversionPlan(
      checkpoint, to: layout, as: type, output: output,
      maximumFileByteCount: try maximumFileSize.map(byteCount(parsing:)))
    try checkOutput()
  }

  /// Refuses an output that could not be written in the end.
  private func checkOutput() throws {
    if checkpoint.reads(output) { throw ConversionFailure.outputExists(path: output) }
    if plan.isFolder {
      try AtomicFolder.target(output)
    } else if plan.files.count > 1 {
      throw ConversionFailure.shardsNeedAFolder(path: output)
    }
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
    let resumption = Resumption(
      of: try fingerprint(producer: producer), isWanted: resuming, isInFolder: plan.isFolder,
      monitor: monitor)
    let overflows = OverflowCounts(count: plan.layout.tensors.count)
    let target = plan.isFolder ? try AtomicFolder.target(output) : output
    try resumption.run(output: target) {
      let layouts = try plan.files.map(layout)
      monitor.begin("convert", total: plan.byteCount, unit: .bytes)
      if plan.isFolder {
        try writeFolder(target, layouts, overflows, resumption, threads: threads, monitor: monitor)
      } else {
        try write(
          plan.files[0], layouts[0], to: target, overflows, resumption, threads: threads,
          monitor: monitor)
      }
    }
    return Outcome(
      overflowCounts: overflows.values, takenOverByteCount: resumption.takenOverByteCount)
  }

  private func writeFolder(
    _ target: String, _ layouts: [SafetensorsLayout], _ overflows: OverflowCounts,
    _ resumption: Resumption, threads: Int, monitor: WorkMonitor
  ) throws {
    let documents = documents.map { ($0.name, Array(($0.document.pretty() + "\n").utf8)) }
    var folder = try AtomicFolder.create(
      target,
      needing: layouts.reduce(0) { $0 + $1.byteCount } + documents.reduce(0) { $0 + $1.1.count },
      resumption: resumption)
    for (file, layout) in zip(plan.files, layouts) {
      try write(
        file, layout, to: FileSystem.path(folder.partialPath, file.name), overflows, resumption,
        threads: threads, monitor: monitor)
    }
    for (name, text) in documents {
      try AtomicFile.write(text.rawBytes, to: FileSystem.path(folder.partialPath, name))
    }
    try folder.commit()
  }

  /// The documents that stand beside the weights in a folder.
  private var documents: [(name: String, document: JSONValue)] {
    var documents: [(name: String, document: JSONValue)] = []
    if plan.layout.layout == .diffusers {
      let document =
        checkpoint.configurationDocument ?? checkpoint.configuration.configDocument
      documents.append(("config.json", document))
    }
    if plan.files.count > 1 {
      let map = plan.files.flatMap { file in
        file.tensors.map { (plan.layout.tensors[$0].name, JSONValue(file.name)) }
      }.sorted { $0.0 < $1.0 }
      documents.append(
        (
          "\(checkpoint.configuration.family.fileStem).safetensors.index.json",
          [
            "metadata": ["total_size": .init(plan.byteCount)],
            "weight_map": .object(JSONObject(map)),
          ]
        ))
    }
    return documents
  }

  private func layout(of file: PlannedFile) throws -> SafetensorsLayout {
    let entries = file.tensors.map { index in
      SafetensorsLayout.Entry(
        name: plan.layout.tensors[index].name, elementType: plan.types[index],
        shape: plan.layout.tensors[index].shape)
    }
    return try SafetensorsLayout(
      entries, metadata: metadata,
      path: plan.isFolder ? FileSystem.path(output, file.name) : output)
  }

  private func write(
    _ file: PlannedFile, _ layout: SafetensorsLayout, to path: String,
    _ overflows: OverflowCounts, _ resumption: Resumption, threads: Int, monitor: WorkMonitor
  ) throws {
    let writer = try SafetensorsWriter.create(path, layout: layout, resumption: resumption)
    for index in file.tensors {
      let tensor = plan.layout.tensors[index]
      let rows = TargetRows(tensor, as: plan.types[index], from: checkpoint.source)
      let step = RowBlock.rowCount(columns: tensor.shape.sliceSize)
      try forEachChunk(of: tensor.shape.sliceCount, chunk: step, threads: threads) { range in
        try monitor.checkCancellation()
        let (offset, byteCount) = (
          range.lowerBound * rows.rowByteCount, range.count * rows.rowByteCount
        )
        if let overflowCount = try writer.takeOver(byteCount, of: tensor.name, at: offset) {
          overflows.add(Int(clamping: overflowCount), to: index)
        } else {
          let (bytes, overflowCount) = try rows.bytes(of: range)
          overflows.add(overflowCount, to: index)
          try writer.write(
            bytes.rawBytes, of: tensor.name, at: offset, note: UInt64(overflowCount))
        }
        monitor.advance(by: byteCount)
      }
    }
    try writer.commit()
  }

  /// The source's metadata; loaders of diffusers want to be told the format.
  var metadata: [SafetensorsHeader.MetadataEntry] {
    checkpoint.metadata.contains { $0.key == "format" }
      ? checkpoint.metadata
      : [SafetensorsHeader.MetadataEntry(key: "format", value: "pt")] + checkpoint.metadata
  }
}
