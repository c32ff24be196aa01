public import GGUF
public import Safetensors
internal import Storage
public import Tensors

/// The tensors at a path in the container that they are stored in, before anything is said of codes.
public enum StoredCheckpoint: Sendable {
  case safetensors(SafetensorsCheckpoint)
  case gguf(GGUFCheckpoint)

  /// Opens a GGUF file, known by its name or its first bytes; a safetensors file, an index or a
  /// folder with one or the other.
  public static func open(_ path: String) throws -> StoredCheckpoint {
    let isGGUF = path.hasSuffix(".gguf") && FileSystem.kind(of: path) != .folder
    return isGGUF || GGUFFile.isGGUF(path)
      ? .gguf(try GGUFCheckpoint.open(path)) : .safetensors(try SafetensorsCheckpoint.open(path))
  }

  /// Every tensor, whatever it is for.
  public var tensors: any WeightSource {
    switch self {
    case .safetensors(let checkpoint): checkpoint
    case .gguf(let checkpoint): checkpoint
    }
  }

  /// The weights as values; throws when they are stored in a way that is not read. `path` is the one
  /// that was named.
  public func decoded(openedAt path: String) throws -> any StoredWeights {
    switch self {
    case .safetensors(let checkpoint): try DecodedCheckpoint(checkpoint, openedAt: path)
    case .gguf(let checkpoint): try GGUFSource(checkpoint)
    }
  }

  /// The paths of the files, in order.
  public var files: [String] {
    switch self {
    case .safetensors(let checkpoint): checkpoint.files.map(\.path)
    case .gguf(let checkpoint): checkpoint.files.map(\.path)
    }
  }

  /// All metadata of the first file, for people.
  public var metadata: [SafetensorsHeader.MetadataEntry] {
    switch self {
    case .safetensors(let checkpoint): checkpoint.files.first?.header.metadata ?? []
    case .gguf(let checkpoint):
      checkpoint.metadata.entries.map { .init(key: $0.key, value: $0.value.summary) }
    }
  }
}
