internal import Bundles
internal import Checkpoints
internal import Codecs
internal import Conversion
internal import Families
internal import GGUF
internal import Parallel
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

/// One component and what it becomes.
public struct ComponentExport: Sendable {
  public let input: ExportInput
  public let plan: ExportPlan

  /// Its name in the model: `transformer`.
  public var name: String { input.name }

  /// What a finished export lost, weight by weight, in the order of execution.
  public struct Outcome: Sendable {
    public let weights: [ReadBack]
  }

  /// Writes the files and documents of the component into a folder.
  func write(to folder: String, threads: Int, monitor: WorkMonitor) throws {
    switch plan.target.container {
    case .safetensors, .folder, .numberedFolder:
      for file in plan.files {
        try writeSafetensors(
          file, to: FileSystem.path(folder, file.name), threads: threads, monitor: monitor)
      }
    case .gguf:
      for (file, layout) in zip(plan.files, try ggufLayouts(in: folder)) {
        try writeGGUF(file, layout, threads: threads, monitor: monitor)
      }
    }
    for (name, text) in try documents() {
      try AtomicFile.write(text.rawBytes, to: FileSystem.path(folder, name))
    }
  }

  /// Reads the component back as anyone would read it, and compares it with what it was made of.
  func check(in folder: String, threads: Int, monitor: WorkMonitor) throws -> Outcome {
    let isFolder = plan.target.container.fileEnding == nil
    let checkpoint = try Checkpoint.open(
      isFolder ? folder : FileSystem.path(folder, plan.files[0].name))
    return Outcome(
      weights: try Exchange.check(
        checkpoint.weights, of: plan, from: input, threads: threads, monitor: monitor))
  }

  /// The bytes of the files and documents.
  func byteCount() throws -> Int {
    let files =
      switch plan.target.container {
      case .safetensors, .folder, .numberedFolder:
        try plan.files.map { try safetensorsLayout(of: $0, path: $0.name).byteCount }
      case .gguf: try ggufLayouts(in: ".").map(\.byteCount)
      }
    return files.reduce(0, +) + (try documents().reduce(0) { $0 + $1.text.count })
  }

  private func ggufLayouts(in folder: String) throws -> [GGUFLayout] {
    try ExportPlan.ggufLayouts(
      plan.tensors, of: plan.configuration, mix: ExportPlan.mix(of: plan.target),
      license: plan.license, language: plan.language,
      path: FileSystem.path(folder, plan.stem + ".gguf"),
      maximumFileByteCount: plan.maximumFileByteCount)
  }

  private func writeGGUF(
    _ file: PlannedFile, _ layout: GGUFLayout, threads: Int, monitor: WorkMonitor
  ) throws {
    let writer = try GGUFWriter.create(layout)
    for index in file.tensors {
      let tensor = plan.tensors[index]
      try ExportRows(tensor, of: input).write(threads: threads, monitor: monitor) {
        bytes, _, offset in
        try writer.write(bytes, of: tensor.name, at: offset)
      }
    }
    try writer.commit()
  }

  private func writeSafetensors(
    _ file: PlannedFile, to path: String, threads: Int, monitor: WorkMonitor
  ) throws {
    let layout = try safetensorsLayout(of: file, path: path)
    let writer = try SafetensorsWriter.create(path, layout: layout)
    for index in file.tensors {
      let tensor = plan.tensors[index]
      let names = tensor.arrays.map(\.name)
      try ExportRows(tensor, of: input).write(threads: threads, monitor: monitor) {
        bytes, array, offset in
        try writer.write(bytes, of: names[array], at: offset)
      }
    }
    try writer.commit()
  }

  private func safetensorsLayout(
    of file: PlannedFile, path: String
  ) throws -> SafetensorsLayout {
    try SafetensorsLayout(
      file.tensors.flatMap { plan.tensors[$0].arrays }, metadata: metadata, path: path)
  }

  /// The metadata of the source and of the target; loaders of diffusers want to be told the format.
  private var metadata: [SafetensorsHeader.MetadataEntry] {
    let source =
      switch input.origin {
      case .checkpoint(let checkpoint): checkpoint.metadata
      case .bundle(let bundle): bundle.header.provenance.metadata
      }
    let added = plan.target.metadata(of: plan)
    let known = Set(added.map(\.key)).union(["format"])
    return [SafetensorsHeader.MetadataEntry(key: "format", value: "pt")]
      + source.filter { !known.contains($0.key) } + added
  }

  /// The documents beside the weights in a folder, by name.
  private func documents() throws -> [(name: String, text: [UInt8])] {
    guard plan.target.container.fileEnding == nil else { return [] }
    func text(_ document: JSONValue) -> [UInt8] { Array((document.pretty() + "\n").utf8) }
    var documents = [("config.json", text(.object(try configuration())))]
    if plan.files.count > 1 || plan.target.container == .numberedFolder {
      let index = PlannedFile.index(
        byteCount: plan.weightByteCount,
        places: plan.files.flatMap { file in
          file.tensors.flatMap { index in
            plan.tensors[index].arrays.map { ($0.name, file.name) }
          }
        },
        metadata: plan.target.metadata(of: plan).map { ($0.key, .init($0.value)) })
      let stem =
        plan.target.container == .numberedFolder ? "model" : plan.configuration.family.fileStem
      documents.append(("\(stem).safetensors.index.json", text(index)))
    }
    return documents
  }

  /// The `config.json` of the source, or that of the family, with what the target says in it.
  private func configuration() throws -> JSONObject {
    var stated: JSONValue?
    if case .checkpoint(let checkpoint) = input.origin { stated = checkpoint.configurationDocument }
    if stated == nil { stated = input.original?.configurationDocument }
    guard case .object(var members) = stated ?? plan.configuration.configDocument else {
      preconditionFailure("a config.json is an object")
    }
    for key in ["quantization_config", "quantization"] { members[key] = nil }
    plan.target.configure(&members, for: plan)
    return members
  }
}

extension ExportTensor {
  /// The tensors of a safetensors file that hold it.
  var arrays: [SafetensorsLayout.Entry] {
    switch storage {
    case .plain(let type):
      [SafetensorsLayout.Entry(name: name, elementType: type, shape: shape)]
    case .coded(let codec):
      codec.arrays(of: shape).map {
        SafetensorsLayout.Entry(
          name: $0.name(ofWeight: name), elementType: $0.elementType, shape: $0.shape)
      }
    }
  }
}
