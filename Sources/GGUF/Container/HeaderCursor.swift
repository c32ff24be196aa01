internal import Storage

/// Goes through the header of an open file, of which it holds a small piece at a time.
///
/// `subject` is what is being read, for messages: `the key of entry 3`.
internal struct HeaderCursor: ~Copyable {
  private let file: FileReader
  /// The next byte that is read.
  private(set) var offset = 0
  private var piece: [UInt8] = []
  private var pieceOffset = 0

  private static let pieceByteCount = 1 << 16

  init(_ file: consuming FileReader) { self.file = file }

  /// Gives the file back.
  consuming func finish() -> FileReader { file }

  var path: String { file.path }
  var fileByteCount: Int { file.byteCount }

  /// The bytes that a header can still have.
  var remaining: Int { min(file.byteCount, GGUFHeader.maximumByteCount) - offset }

  /// Throws unless so many bytes are there; a number from the file may be any.
  func require(_ byteCount: UInt64, of subject: String) throws(GGUFFailure) {
    guard byteCount > UInt64(remaining) else { return }
    if file.byteCount > GGUFHeader.maximumByteCount {
      throw .headerTooLong(file: path, subject: subject, byteCount: byteCount, offset: offset)
    }
    throw .headerCutShort(
      file: path, subject: subject, byteCount: byteCount, offset: offset,
      fileByteCount: file.byteCount)
  }

  /// The next bytes.
  mutating func bytes(_ count: Int, of subject: String) throws(GGUFFailure) -> ArraySlice<UInt8> {
    try require(UInt64(count), of: subject)
    if offset + count > pieceOffset + piece.count {
      // Not more than the header can have: `require` has seen that `count` is in it.
      let byteCount = max(count, min(Self.pieceByteCount, remaining))
      do throws(StorageFailure) {
        piece = try file.bytes(at: offset, count: byteCount)
      } catch { throw .storage(error) }
      pieceOffset = offset
    }
    let first = offset - pieceOffset
    offset += count
    return piece[first..<first + count]
  }

  /// The next integer.
  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self, of subject: String
  ) throws(GGUFFailure) -> Value {
    Value(littleEndianBytes: try bytes(Value.bitWidth / 8, of: subject))
  }

  /// The next integers, which have been required.
  mutating func integers<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self, count: Int, of subject: String
  ) throws(GGUFFailure) -> [Value] {
    let width = Value.bitWidth / 8
    var values: [Value] = []
    values.reserveCapacity(count)
    while values.count < count {
      let bytes = try bytes(min(1024, count - values.count) * width, of: subject)
      for first in stride(from: bytes.startIndex, to: bytes.endIndex, by: width) {
        values.append(Value(littleEndianBytes: bytes[first..<first + width]))
      }
    }
    return values
  }

  /// The next string: its length and so many bytes of UTF-8.
  mutating func string(of subject: String) throws(GGUFFailure) -> String {
    let count = try integer(UInt64.self, of: subject)
    try require(count, of: subject)
    guard let text = String(validating: try bytes(Int(count), of: subject), as: UTF8.self) else {
      throw .notText(file: path, subject: subject)
    }
    return text
  }
}

extension FixedWidthInteger {
  /// The integer of as many bytes as it has, the lowest first.
  fileprivate init(littleEndianBytes bytes: ArraySlice<UInt8>) {
    self = bytes.reversed().reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
