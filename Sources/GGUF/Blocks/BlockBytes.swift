/// Encodes blocks of one type, one after the other; it keeps the memory it needs between them.
protocol BlockCoding: ~Copyable {
  /// Encodes the values of a block, which are finite; every byte is written. False when its scale is
  /// beyond f16.
  mutating func encode(_ block: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Bool
}

/// The decoders, a function for each type: the bytes of one block and its values.
enum DecodeBlock {}

extension Span<UInt8> {
  /// The f16 number, little endian, at an index.
  func half(at index: Int) -> Float {
    Float(Float16(bitPattern: UInt16(self[index]) | UInt16(self[index + 1]) << 8))
  }
}

extension MutableSpan<UInt8> {
  mutating func store(_ number: Float16, at index: Int) {
    self[index] = UInt8(truncatingIfNeeded: number.bitPattern)
    self[index + 1] = UInt8(truncatingIfNeeded: number.bitPattern >> 8)
  }
}
