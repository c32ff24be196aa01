internal import Storage

extension GGUFFile {
  /// Opens a file, and where it is the first of a set all others, which stand beside it.
  static func openAll(_ path: String) throws(GGUFFailure) -> [GGUFFile] {
    let first = try open(path)
    guard let count = try first.integer(GGUFMetadata.splitCountKey), count > 1 else {
      return [first]
    }
    let name = GGUFSplitName(parsing: FileSystem.name(of: path))
    let number = try first.integer(GGUFMetadata.splitNumberKey) ?? 0
    guard number == 0 else {
      throw .notTheFirst(
        file: path, number: number + 1, count: count, first: name?.name(ofNumber: 1))
    }
    guard let name, name.number == 1, name.count == count else {
      throw .unnumbered(file: path, count: count)
    }
    var files = [first]
    for number in 2...count {
      let next = name.name(ofNumber: number)
      let nextPath = FileSystem.path(FileSystem.folder(of: path), next)
      guard FileSystem.kind(of: nextPath) != nil else {
        throw .missingFile(first: path, file: next, number: number, count: count)
      }
      let file = try open(nextPath)
      try file.check(GGUFMetadata.splitCountKey, is: count)
      try file.check(GGUFMetadata.splitNumberKey, is: number - 1)
      files.append(file)
    }
    try checkTensors(of: files)
    return files
  }

  /// The integer of a key that says how a set is split, nil without the key.
  private func integer(_ key: String) throws(GGUFFailure) -> Int? {
    guard let value = header.metadata[key] else { return nil }
    guard let integer = value.integer, integer >= 0, integer < Int.max else {
      throw .metadata(
        file: path, key: key, expected: "an integer of at least 0", found: value.summary)
    }
    return integer
  }

  private func check(_ key: String, is expected: Int) throws(GGUFFailure) {
    let found = try integer(key)
    guard found == expected else {
      throw .otherSet(
        file: path, key: key, expected: "\(expected)", found: found.map { "\($0)" } ?? "no such key"
      )
    }
  }

  /// Checks that the files have as many tensors as each says, and none twice.
  private static func checkTensors(of files: [GGUFFile]) throws(GGUFFailure) {
    var holders: [String: String] = [:]
    for file in files {
      for tensor in file.header.tensors {
        if let other = holders.updateValue(file.path, forKey: tensor.name) {
          throw .tensorInTwoFiles(
            file: file.path, tensor: tensor.name, other: FileSystem.name(of: other))
        }
      }
    }
    for file in files {
      guard file.header.metadata[GGUFMetadata.splitTensorCountKey] != nil else { continue }
      try file.check(GGUFMetadata.splitTensorCountKey, is: holders.count)
    }
  }
}
