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
  /// What the source is worth at best if it is stored as codes; nil for plain values.
  public let sourceNoise: StatedNoise?

  /// What a finished conversion has lost: nothing, unless a type was asked for.
  public struct Outcome: Sendable {
    /// The finite values of each tensor that the target's type cannot hold and that became infinite,
    /// in the order of the plan.
    public let overflowCounts: [Int]
  }

  /// Opens the model, plans every tensor and looks whether the output can stand; of weights only a
  /// sample of codes is read.
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
    sourceNoise = try checkpoint.source.statedNoise()
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
  /// Memory holds one row block per thread and the headers.
  public func run(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> Outcome {
    monitor.begin("convert", total: plan.byteCount, unit: .bytes)
    let overflows = OverflowCounts(count: plan.layout.tensors.count)
    guard plan.isFolder else {
      try write(plan.files[0], to: output, overflows, threads: threads, monitor: monitor)
      return Outcome(overflowCounts: overflows.values)
    }
    var folder = try AtomicFolder.create(output)
    for file in plan.files {
      try write(
        file, to: FileSystem.path(folder.partialPath, file.name), overflows, threads: threads,
        monitor: monitor)
    }
    for (name, document) in documents {
      let text = Array((document.pretty() + "\n").utf8)
      try AtomicFile.write(text.rawBytes, to: FileSystem.path(folder.partialPath, name))
    }
    try folder.commit()
    return Outcome(overflowCounts: overflows.values)
  }

  /// The documents that stand beside the weights in a folder.
  private var documents: [(name: String, document: JSONValue)] {
    var documents: [(name: String, document: JSONValue)] = []
    if plan.layout.layout == .diffusers {
      documents.append(("config.json", configurationDocument))
    }
    if plan.files.count > 1 {
      let map = plan.files.flatMap { file in
        file.tensors.map { (plan.layout.tensors[$0].name, JSONValue(file.name)) }
      }.sorted { $0.0 < $1.0 }
      documents.append(
        (
          "diffusion_pytorch_model.safetensors.index.json",
          [
            "metadata": ["total_size": .init(plan.byteCount)],
            "weight_map": .object(JSONObject(map)),
          ]
        ))
    }
    return documents
  }

  /// The source's own configuration, if it has one. What it says of codes is true no more once they
  /// are decoded.
  private var configurationDocument: JSONValue {
    guard case .object(var members) = checkpoint.configurationDocument else {
      return checkpoint.configuration.diffusersDocument
    }
    members["quantization_config"] = nil
    return .object(members)
  }

  private func write(
    _ file: PlannedFile, to path: String, _ overflows: OverflowCounts, threads: Int,
    monitor: WorkMonitor
  ) throws {
    let entries = file.tensors.map { index in
      SafetensorsLayout.Entry(
        name: plan.layout.tensors[index].name, elementType: plan.types[index],
        shape: plan.layout.tensors[index].shape)
    }
    let layout = try SafetensorsLayout(entries, metadata: metadata, path: path)
    let writer = try SafetensorsWriter.create(path, layout: layout)
    for index in file.tensors {
      let tensor = plan.layout.tensors[index]
      let rows = TargetRows(tensor, as: plan.types[index], from: checkpoint.source)
      let step = RowBlock.rowCount(columns: tensor.shape.columns)
      try forEachChunk(of: tensor.shape.rows, chunk: step, threads: threads) { range in
        try monitor.checkCancellation()
        let (bytes, overflowCount) = try rows.bytes(of: range)
        overflows.add(overflowCount, to: index)
        try writer.write(
          bytes.rawBytes, of: tensor.name, at: range.lowerBound * rows.rowByteCount)
        monitor.advance(by: bytes.count)
      }
    }
    try writer.commit()
  }

  /// The source's metadata; loaders of diffusers want to be told the format.
  private var metadata: [SafetensorsHeader.MetadataEntry] {
    checkpoint.metadata.contains { $0.key == "format" }
      ? checkpoint.metadata
      : [SafetensorsHeader.MetadataEntry(key: "format", value: "pt")] + checkpoint.metadata
  }
}
