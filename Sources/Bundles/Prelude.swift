internal import Storage

// formats/bundle.md, section "Prelude".
/// Where the header stands.
struct HeaderPlace: Hashable {
  var offset: Int
  var byteCount: Int
  var checksum: CRC32

  /// The first bytes of the file.
  var prelude: [UInt8] {
    var bytes = BundleFormat.magic
    func append(_ value: some FixedWidthInteger) {
      for index in 0..<value.bitWidth / 8 {
        bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
      }
    }
    append(UInt32(BundleFormat.version))
    append(checksum.value)
    append(UInt64(offset))
    append(UInt64(byteCount))
    return bytes
  }
}

/// Reads and checks the first bytes of a bundle.
func readPrelude(_ file: borrowing FileReader) throws -> HeaderPlace {
  let count = min(file.byteCount, BundleFormat.preludeByteCount)
  let bytes = try file.bytes(at: 0, count: count)
  func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
    (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(bytes[offset + $1]) << (8 * $1) }
  }
  guard count == BundleFormat.preludeByteCount, bytes.starts(with: BundleFormat.magic) else {
    throw BundleFailure.notABundle(
      path: file.path, found: Array(bytes.prefix(BundleFormat.magic.count)))
  }
  let version = integer(at: 8, as: UInt32.self)
  guard version == BundleFormat.version else {
    throw BundleFailure.unsupportedVersion(
      path: file.path, expected: BundleFormat.version, found: Int(version))
  }
  let offset = integer(at: 16, as: UInt64.self)
  let byteCount = integer(at: 24, as: UInt64.self)
  let (end, overflow) = offset.addingReportingOverflow(byteCount)
  guard !overflow, end == UInt64(file.byteCount), byteCount <= UInt64(BundleFormat.largestHeader),
    offset >= UInt64(BundleFormat.preludeByteCount)
  else {
    throw BundleFailure.badHeaderPlace(
      path: file.path, offset: offset, byteCount: byteCount, fileByteCount: file.byteCount)
  }
  return HeaderPlace(
    offset: Int(offset), byteCount: Int(byteCount),
    checksum: CRC32(value: integer(at: 12, as: UInt32.self)))
}
