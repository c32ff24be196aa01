internal import Storage
internal import StrictJSON

/// An index of shards: `{"metadata": {"total_size": n}, "weight_map": {tensor: file}}`.
internal struct ShardIndex {
  let path: String
  /// The shard of each tensor, in the order of the document.
  let shardOfTensor: [(tensor: String, shard: String)]
  /// The bytes of all tensors, where the index says it.
  let totalSize: Int?

  /// Reads an index and checks its form.
  static func read(_ path: String) throws(SafetensorsFailure) -> ShardIndex {
    let text = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try FileReader.contents(of: path, limit: SafetensorsHeader.maximumByteCount)
    }
    do throws(JSONFailure) {
      let document = try JSONField.parse(text, document: path)
      var shardOfTensor: [(tensor: String, shard: String)] = []
      for (tensor, field) in try document["weight_map"].members() {
        shardOfTensor.append((tensor, try field.string()))
      }
      guard !shardOfTensor.isEmpty else {
        throw try document["weight_map"].failure(expected: "tensors", found: "none")
      }
      let totalSize = try document.optional("metadata")?.optional("total_size")
      return ShardIndex(
        path: path, shardOfTensor: shardOfTensor, totalSize: try totalSize.map(byteCount))
    } catch {
      throw .index(error)
    }
  }

  /// Some writers put the size as a floating-point number: `33498112.0`.
  private static func byteCount(_ field: JSONField) throws(JSONFailure) -> Int {
    if case .number(let number) = field.value, number.integer == nil,
      let integer = Int(exactly: number.double)
    {
      return integer
    }
    return try field.integer(in: 0...Int.max)
  }

  /// Opens every shard, sorted by name, and checks that index and shards agree.
  func openShards() throws(SafetensorsFailure) -> [SafetensorsFile] {
    let folder = FileSystem.folder(of: path)
    let tensorCounts = try countTensors()
    let shards = tensorCounts.keys.sorted()
    for shard in shards where FileSystem.kind(of: FileSystem.path(folder, shard)) == nil {
      throw .missingShard(index: path, shard: shard, tensorCount: tensorCounts[shard] ?? 0)
    }
    try rejectUnlistedShards(listed: shards, folder: folder)
    var files: [SafetensorsFile] = []
    for shard in shards { files.append(try SafetensorsFile.open(FileSystem.path(folder, shard))) }
    try checkTensors(zip(shards, files).map { ($0, $1.header) })
    return files
  }

  /// How many tensors each shard should hold; the shards must stand beside the index.
  private func countTensors() throws(SafetensorsFailure) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (tensor, shard) in shardOfTensor {
      guard !shard.isEmpty, shard != ".", shard != "..", !shard.utf8.contains(0),
        !shard.utf8.contains(UInt8(ascii: "/"))
      else {
        throw .shardOutsideFolder(index: path, tensor: tensor, shard: shard)
      }
      counts[shard, default: 0] += 1
    }
    return counts
  }

  /// A file named like a shard, but not listed, is a sign of two downloads in one folder.
  private func rejectUnlistedShards(
    listed: [String], folder: String
  ) throws(SafetensorsFailure) {
    let patterns = Set(listed.compactMap(ShardName.init(parsing:)))
    let names = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try FileSystem.names(in: folder)
    }
    for name in names where !listed.contains(name) {
      if let pattern = ShardName(parsing: name), patterns.contains(pattern) {
        throw .unlistedShard(index: path, shard: name)
      }
    }
  }

  private func checkTensors(
    _ shards: [(name: String, header: SafetensorsHeader)]
  ) throws(SafetensorsFailure) {
    var holders: [String: String] = [:]
    var totalSize = 0
    for (shard, header) in shards {
      for tensor in header.tensors {
        if let first = holders.updateValue(shard, forKey: tensor.name) {
          throw .tensorInTwoShards(
            index: path, tensor: tensor.name, first: first, second: shard)
        }
        totalSize += tensor.byteRange.count
      }
    }
    var listed: Set<String> = []
    for (tensor, shard) in shardOfTensor {
      let actual = holders[tensor]
      guard actual == shard else {
        throw .tensorNotInShard(index: path, tensor: tensor, shard: shard, actual: actual)
      }
      guard listed.insert(tensor).inserted else {
        throw .indistinctNames(file: path, tensor: tensor)
      }
    }
    for (shard, header) in shards {
      for tensor in header.tensors where !listed.contains(tensor.name) {
        throw .tensorNotInIndex(index: path, tensor: tensor.name, shard: shard)
      }
    }
    if let stated = self.totalSize, stated != totalSize {
      throw .totalSizeMismatch(index: path, stated: stated, found: totalSize)
    }
  }
}

/// What the shards of one set share: `model-00001-of-00003.safetensors` without its numbers.
private struct ShardName: Hashable {
  let stem: String
  let ending: String

  init?(parsing name: String) {
    guard
      let match = name.wholeMatch(of: /(.+)-[0-9]+-of-[0-9]+((?:\..*)?\.safetensors)/)
    else { return nil }
    stem = String(match.1)
    ending = String(match.2)
  }
}
