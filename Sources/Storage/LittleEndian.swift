/// Integers as the formats of this suite store them.
enum LittleEndian {
  static func bytes(of value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// The integer in the bytes from `offset` on, which must be there.
  static func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ bytes: ArraySlice<UInt8>, at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    let first = bytes.startIndex + offset
    return (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(bytes[first + $1]) << (8 * $1) }
  }
}
