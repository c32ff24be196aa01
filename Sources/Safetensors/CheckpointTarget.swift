internal import Storage

/// The file that a path means.
internal enum CheckpointTarget: Equatable {
  case file(String)
  case index(String)

  /// Looks at the path: a file is itself, an index when it is JSON; of a folder it is the only index
  /// or else the only `.safetensors` file.
  ///
  /// Nothing is guessed: two indexes, several files without an index, and an index beside a single
  /// file of its name are failures that list them.
  static func find(_ path: String) throws(SafetensorsFailure) -> CheckpointTarget {
    guard FileSystem.kind(of: path) == .folder else {
      return path.hasSuffix(".json") ? .index(path) : .file(path)
    }
    let names = try namesOfFiles(in: path)
    let indexes = names.filter(isIndex)
    let files = names.filter { $0.hasSuffix(".safetensors") }
    guard indexes.count <= 1 else {
      throw .severalCheckpoints(folder: path, names: indexes)
    }
    if let index = indexes.first {
      let whole = index.prefix(upTo: index.firstRange(of: infix)?.lowerBound ?? index.endIndex)
      let single = String(whole) + ".safetensors"
      guard !files.contains(single) else {
        throw .severalCheckpoints(folder: path, names: [single, index])
      }
      return .index(FileSystem.path(path, index))
    }
    switch files.count {
    case 0: throw .noCheckpoint(folder: path, subfolders: try subfoldersWithFiles(in: path))
    case 1: return .file(FileSystem.path(path, files[0]))
    default: throw .severalCheckpoints(folder: path, names: files)
    }
  }

  private static let infix = ".safetensors.index."

  /// `model.safetensors.index.json`, or with a variant: `model.safetensors.index.fp16.json`.
  private static func isIndex(_ name: String) -> Bool {
    name.contains(infix) && name.hasSuffix(".json")
  }

  private static func namesOfFiles(in folder: String) throws(SafetensorsFailure) -> [String] {
    try SafetensorsFailure.storage { () throws(StorageFailure) in
      try FileSystem.names(in: folder)
    }.filter { FileSystem.kind(of: FileSystem.path(folder, $0)) == .file }
  }

  private static func subfoldersWithFiles(
    in folder: String
  ) throws(SafetensorsFailure) -> [String] {
    let names = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try FileSystem.names(in: folder)
    }
    var found: [String] = []
    for name in names where FileSystem.kind(of: FileSystem.path(folder, name)) == .folder {
      // A folder that may not be listed offers nothing.
      let files = (try? namesOfFiles(in: FileSystem.path(folder, name))) ?? []
      if files.contains(where: { $0.hasSuffix(".safetensors") || isIndex($0) }) {
        found.append(name)
      }
    }
    return found
  }
}
