/// A piece of a partial file that is finished: which bytes, and what they were.
public struct FinishedPiece: Hashable, Sendable {
  /// Where it begins in the file.
  public let offset: Int
  public let byteCount: Int
  /// Of the bytes in the file.
  public let checksum: CRC32
  /// What its writer wants to know again when it goes on.
  public let note: UInt64

  public init(offset: Int, byteCount: Int, checksum: CRC32, note: UInt64) {
    self.offset = offset
    self.byteCount = byteCount
    self.checksum = checksum
    self.note = note
  }
}

/// The bytes of a journal; formats/journal.md.
enum JournalFormat {
  static let magic: [UInt8] = [0x89, 0x4D, 0x4D, 0x4A, 0x4E, 0x4C, 0x0D, 0x0A]
  static let version: UInt32 = 1
  static let headerByteCount = 80
  static let recordByteCount = 32
  /// Half a million pieces: of half a million values each that is more than any model has. A longer
  /// journal is not ours, and would take memory to read.
  static let largestByteCount = 16 << 20

  static func header(_ fingerprint: JobFingerprint) -> [UInt8] {
    let digits = Array(fingerprint.hexadecimal.utf8)
    return magic + LittleEndian.bytes(of: version)
      + LittleEndian.bytes(of: CRC32(digits.rawBytes).value) + digits
  }

  static func record(_ piece: FinishedPiece) -> [UInt8] {
    let fields =
      LittleEndian.bytes(of: UInt64(piece.offset)) + LittleEndian.bytes(of: UInt64(piece.byteCount))
      + LittleEndian.bytes(of: piece.note) + LittleEndian.bytes(of: piece.checksum.value)
    return fields + LittleEndian.bytes(of: CRC32(fields.rawBytes).value)
  }

  /// The piece of a record, nil when the record is torn or damaged, or its numbers make no range.
  static func piece(_ record: ArraySlice<UInt8>) -> FinishedPiece? {
    let fields = Array(record.dropLast(4))
    let check: UInt32 = LittleEndian.integer(record, at: recordByteCount - 4)
    guard check == CRC32(fields.rawBytes).value,
      let offset = Int(exactly: LittleEndian.integer(record, at: 0, as: UInt64.self)),
      let byteCount = Int(exactly: LittleEndian.integer(record, at: 8, as: UInt64.self)),
      !offset.addingReportingOverflow(byteCount).overflow
    else { return nil }
    return FinishedPiece(
      offset: offset, byteCount: byteCount,
      checksum: CRC32(value: LittleEndian.integer(record, at: 24)),
      note: LittleEndian.integer(record, at: 16))
  }
}
