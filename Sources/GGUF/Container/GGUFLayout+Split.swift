internal import Storage
internal import Tensors

extension GGUFLayout {
  /// Lays out the files of a set that will be called `path`, `NAME.gguf`: each is
  /// `NAME-00001-of-00003.gguf`, or `path` itself where all fits in one.
  ///
  /// The rule is that of ggml's Python package: tensors fill a file in their order until the bytes of
  /// the next, without what fills up between them, would go beyond the limit; no tensor is cut, and
  /// one that is larger has a file of its own. Only the first file has the metadata; every one says
  /// `split.no`, `split.count` (uint16) and `split.tensors.count` (int32).
  public static func split(
    _ entries: [Entry], metadata: GGUFMetadata, path: String, maximumByteCount: Int
  ) throws(GGUFFailure) -> [GGUFLayout] {
    var groups: [[Entry]] = [[]]
    var groupByteCount = 0
    for entry in entries {
      let byteCount = try check(entry, path: path)
      let (sum, overflow) = groupByteCount.addingReportingOverflow(byteCount)
      if let last = groups.last, !last.isEmpty, overflow || sum > maximumByteCount {
        groups.append([])
        groupByteCount = byteCount
      } else {
        // Without overflow, for a first tensor begins at 0.
        groupByteCount = sum
      }
      groups[groups.count - 1].append(entry)
    }
    guard groups.count > 1 else {
      return [try GGUFLayout(entries, metadata: metadata, path: path)]
    }
    guard let count = UInt16(exactly: groups.count), let total = Int32(exactly: entries.count)
    else {
      throw .unwritable(
        file: path, subject: "the set", expected: "at most \(UInt16.max) files",
        found: "\(groups.count)")
    }
    var layouts: [GGUFLayout] = []
    for (index, group) in groups.enumerated() {
      var metadata = index == 0 ? metadata : GGUFMetadata()
      for (key, value) in [
        (GGUFMetadata.splitNumberKey, GGUFValue.uint16(UInt16(index))),
        (GGUFMetadata.splitCountKey, .uint16(count)),
        (GGUFMetadata.splitTensorCountKey, .int32(total)),
      ] where !metadata.append(key, value) {
        throw .unwritable(
          file: path, subject: key, expected: "metadata without it", found: "the key")
      }
      layouts.append(
        try GGUFLayout(
          group, metadata: metadata,
          path: GGUFSplitName.path(path, number: index + 1, count: groups.count)))
    }
    try checkNames(layouts)
    return layouts
  }

  private static func checkNames(_ layouts: [GGUFLayout]) throws(GGUFFailure) {
    var holders: [String: String] = [:]
    for layout in layouts {
      for tensor in layout.header.tensors {
        if let other = holders.updateValue(layout.path, forKey: tensor.name) {
          throw .tensorInTwoFiles(
            file: layout.path, tensor: tensor.name, other: FileSystem.name(of: other))
        }
      }
    }
  }
}
