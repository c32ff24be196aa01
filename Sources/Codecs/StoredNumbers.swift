internal import Tensors

/// The bytes of scales and tables, and what may stand in them.
extension ElementType {
  /// The values rounded to this type, little endian: one of F32, F16 and BF16.
  func bytes(of values: Span<Float>) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: values.count * bitWidth / 8)
    var span = bytes.mutableSpan
    encodeElements(values, as: self, into: &span)
    return bytes
  }

  /// All numbers in the bytes.
  func numbers(in bytes: [UInt8]) -> [Float] {
    var values = [Float](repeating: 0, count: bytes.count * 8 / bitWidth)
    var span = values.mutableSpan
    // Bytes have no padding.
    unsafe decodeElements(bytes.span.bytes, of: self, into: &span)
    return values
  }

  /// The scales in the bytes of the array `ending`.
  ///
  /// Throws for one whose product with a level of magnitude `level` is not finite, and for a negative
  /// one unless `mayBeNegative`.
  func scales(
    in bytes: [UInt8], ending: String, level: Float, mayBeNegative: Bool = false
  ) throws(CodecFailure) -> [Float] {
    let scales = numbers(in: bytes)
    for index in scales.indices {
      let scale = scales[index]
      guard (scale * level).isFinite, mayBeNegative || scale >= 0 else {
        throw .badArray(
          ending: ending,
          expected: mayBeNegative ? "finite scales" : "finite scales that are not negative",
          found: "\(scale) at index \(index) of those read")
      }
    }
    return scales
  }
}
