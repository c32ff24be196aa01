public import Checkpoints
internal import Families
internal import Parallel
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

/// One component and what it becomes.
public struct ComponentConversion: Sendable {
  /// Its name in the model: `transformer`.
  public let name: String
  public let checkpoint: Checkpoint
  public let plan: ConversionPlan
  /// What the source is worth at best if it is stored as codes; nil for plain values.
  public let sourceNoise: StatedNoise?
  /// The type that was asked for.
  let type: ElementType?
  /// Whether a `config.json` stands beside the weights.
  public let writesConfiguration: Bool

  /// What a finished conversion has lost: nothing, unless a type was asked for.
  public struct Outcome: Sendable {
    /// The finite values of each tensor that the target's type cannot hold and that became infinite,
    /// in the order of the plan.
    public let overflowCounts: [Int]
  }

  /// The bytes of the documents beside the weights in a folder, by name.
  func documents() throws -> [(name: String, text: [UInt8])] {
    var documents: [(name: String, text: [UInt8])] = []
    if writesConfiguration { documents.append(("config.json", try configurationText())) }
    if plan.files.count > 1 {
      let index = PlannedFile.index(
        byteCount: plan.byteCount,
        places: plan.files.flatMap { file in
          file.tensors.map { (plan.layout.tensors[$0].name, file.name) }
        })
      documents.append(
        (
          "\(checkpoint.configuration.family.fileStem).safetensors.index.json",
          Self.text(index)
        ))
    }
    return documents
  }

  /// The `config.json` of the source as it is, except where it names a type or codes that are no
  /// longer there; without one, that of the family.
  private func configurationText() throws -> [UInt8] {
    guard let path = checkpoint.configurationPath,
      case .object(var members) = checkpoint.configurationDocument
    else { return Self.text(checkpoint.configuration.configDocument) }
    var isChanged = false
    // transformers and diffusers have the first, MLX the second or both.
    for key in ["quantization_config", "quantization"] where members[key] != nil {
      members[key] = nil
      isChanged = true
    }
    if let name = type?.torchName {
      for key in ["dtype", "torch_dtype"] where members[key] != nil && members[key] != .string(name)
      {
        members[key] = .string(name)
        isChanged = true
      }
    }
    return isChanged
      ? Self.text(.object(members)) : try FileReader.contents(of: path, limit: 16 << 20)
  }

  private static func text(_ document: JSONValue) -> [UInt8] {
    Array((document.pretty() + "\n").utf8)
  }

  /// The place of every byte of the files, with the paths that messages name.
  func layouts(output: String) throws -> [SafetensorsLayout] {
    try plan.files.map { file in
      let entries = file.tensors.map { index in
        SafetensorsLayout.Entry(
          name: plan.layout.tensors[index].name, elementType: plan.types[index],
          shape: plan.layout.tensors[index].shape)
      }
      return try SafetensorsLayout(
        entries, metadata: metadata,
        path: plan.isFolder ? FileSystem.path(output, file.name) : output)
    }
  }

  /// Writes one of the files.
  func write(
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

extension ElementType {
  /// What PyTorch calls it, for the types that are asked for.
  fileprivate var torchName: String? {
    switch self {
    case .bfloat16: "bfloat16"
    case .float16: "float16"
    case .float32: "float32"
    default: nil
    }
  }
}
