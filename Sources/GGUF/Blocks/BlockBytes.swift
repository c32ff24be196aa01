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
