/// Bytes of GGUF files for tests, right and wrong, made without the writer under test.
struct GGUFBytes {
  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  /// What the header says, nil for how many there are.
  var tensorCount: UInt64?
  var entryCount: UInt64?
  var entries: [[UInt8]] = []
  var tensors: [[UInt8]] = []
  var alignment = 32
  var data: [UInt8] = []

  /// The file.
  var bytes: [UInt8] {
    var bytes = magic + Self.integer(version)
    bytes += Self.integer(tensorCount ?? UInt64(tensors.count))
    bytes += Self.integer(entryCount ?? UInt64(entries.count))
    bytes += entries.joined()
    bytes += tensors.joined()
    return bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
      + data
  }

  static func integer(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func string(_ text: String) -> [UInt8] {
    integer(UInt64(text.utf8.count)) + text.utf8
  }

  /// An entry of the metadata; `value` are the bytes behind the number of its type.
  static func entry(_ key: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] {
    string(key) + integer(type) + value
  }

  /// What is said of a tensor, its extents as the file has them: the contiguous one first.
  static func tensor(
    _ name: String, _ extents: [UInt64], type: UInt32 = 0, offset: UInt64 = 0
  ) -> [UInt8] {
    string(name) + integer(UInt32(extents.count)) + extents.flatMap { integer($0) }
      + integer(type) + integer(offset)
  }

  /// A file of one entry.
  static func file(entry: [UInt8]) -> [UInt8] { GGUFBytes(entries: [entry]).bytes }

  /// A file of tensors and counted data.
  static func file(_ tensors: [[UInt8]], data count: Int) -> [UInt8] {
    GGUFBytes(tensors: tensors, data: [UInt8](repeating: 0, count: count)).bytes
  }
}
