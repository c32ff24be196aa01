internal import Storage

/// A file of a pipeline that goes along as it is: a tokenizer, a scheduler, a model card.
public struct CarriedFile: Hashable, Sendable {
  /// Where it stands now.
  public let path: String
  /// Where it stands in the pipeline: `tokenizer/vocab.json`.
  public let name: String
  public let byteCount: Int
}

extension Pipeline {
  /// Endings of files that hold weights in some form, or an index of them.
  private static let weightEndings = [
    ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".ckpt",
    ".msgpack", ".h5", ".onnx", ".onnx_data", ".gguf", ".mmdit",
  ]

  static func holdsWeights(_ name: String) -> Bool {
    // A variant stands in the middle: `model.safetensors.index.fp16.json`.
    weightEndings.contains(where: name.hasSuffix) || name.contains(".safetensors.index.")
  }

  /// The files that go along: those beside the index that hold no weights, all of parts without
  /// networks, and of parts with them all but the weights. Hidden ones and folders that the index
  /// does not name stay behind.
  ///
  /// `networks` are the parts whose weights are dealt with; of others everything goes along.
  func carriedFiles(networks: Set<String>) throws -> [CarriedFile] {
    var files: [CarriedFile] = []
    for name in try FileSystem.names(in: path) where !Self.holdsWeights(name) {
      try Self.add(name, in: path, to: &files)
    }
    for part in parts {
      try addFiles(of: part.name, isNetwork: networks.contains(part.name), depth: 0, to: &files)
    }
    return files
  }

  private static func add(
    _ name: String, in pipeline: String, to files: inout [CarriedFile]
  ) throws {
    let file = FileSystem.path(pipeline, name)
    guard !FileSystem.name(of: name).hasPrefix("."), FileSystem.kind(of: file) == .file else {
      return
    }
    files.append(
      CarriedFile(path: file, name: name, byteCount: try FileSystem.byteCount(of: file)))
  }

  private func addFiles(
    of folder: String, isNetwork: Bool, depth: Int, to files: inout [CarriedFile]
  ) throws {
    let place = FileSystem.path(path, folder)
    guard depth < 4, FileSystem.kind(of: place) == .folder else { return }
    for name in try FileSystem.names(in: place) where !name.hasPrefix(".") {
      let inner = FileSystem.path(folder, name)
      if FileSystem.kind(of: FileSystem.path(place, name)) == .folder {
        try addFiles(of: inner, isNetwork: isNetwork, depth: depth + 1, to: &files)
      } else if !isNetwork || !Self.holdsWeights(name) {
        try Self.add(inner, in: path, to: &files)
      }
    }
  }
}
