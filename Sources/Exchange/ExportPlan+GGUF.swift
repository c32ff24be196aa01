internal import Checkpoints
internal import Conversion
internal import Families
internal import GGUF
internal import Storage
internal import Tensors

// What is particular to GGUF: types of blocks instead of element types, and metadata that loaders
// look at.
extension ExportPlan {
  /// The place of every byte of the files, in their order.
  ///
  /// Keys: `general.architecture`, without which ComfyUI-GGUF takes nothing; the version of the
  /// quantization and the file type, which tell people and listings what is inside; the licence and
  /// the name where the source has them; of a language model its numbers and tokenizer.
  static func ggufLayouts(
    _ tensors: [ExportTensor], of configuration: Configuration, mix: GGUFMix, license: String?,
    language: [GGUFMetadata.Entry], path: String, maximumFileByteCount: Int?
  ) throws -> [GGUFLayout] {
    var metadata: GGUFMetadata = [
      "general.architecture": .string(
        GGUFTarget.architecture(of: configuration.family) ?? configuration.family.id),
      "general.type": .string("model"),
      "general.quantization_version": .uint32(2), "general.file_type": .uint32(mix.fileType),
    ]
    if let variant = configuration.variant {
      metadata.append("general.name", .string(variant.title))
    }
    if let license { metadata.append("general.license", .string(license)) }
    for entry in language { metadata.append(entry.key, entry.value) }
    let entries = tensors.map {
      GGUFLayout.Entry(name: $0.name, type: $0.storage.blockType, shape: $0.shape)
    }
    return try GGUFLayout.split(
      entries, metadata: metadata, path: path, maximumByteCount: maximumFileByteCount ?? .max)
  }

  /// What llama.cpp says of a language model in the metadata; nothing of other networks.
  static func languageEntries(
    of input: ExportInput, path: String
  ) throws -> [GGUFMetadata.Entry] {
    let configuration = input.configuration
    guard let llama = LlamaModel.of(configuration.family) else { return [] }
    let entries = try llama.entries(of: configuration, path: path)
    guard let checkpoint = input.checkpoint else { return entries }
    let tokenizer = try LlamaTokenizer(
      beside: checkpoint, vocabularySize: configuration.size("vocabulary_size"))
    return entries + (tokenizer?.entries ?? [])
  }

  /// The files of a set of layouts, which have the tensors of the plan in its order.
  static func files(of layouts: [GGUFLayout]) -> [PlannedFile] {
    var first = 0
    return layouts.map { layout in
      let tensors = first..<first + layout.header.tensors.count
      first = tensors.upperBound
      return PlannedFile(
        name: FileSystem.name(of: layout.path), tensors: Array(tensors),
        byteCount: layout.header.tensors.reduce(0) { $0 + $1.byteRange.count })
    }
  }
}

extension TensorStorage {
  /// ggml's type of it.
  fileprivate var blockType: BlockType {
    switch self {
    case .plain(.float32): return .f32
    case .plain(.float16): return .f16
    case .plain(.bfloat16): return .bf16
    case .coded(let codec):
      if let type = codec as? BlockType { return type }
    case .plain: break
    }
    preconditionFailure("\(description) has no place in a GGUF file")
  }
}
