extension Float {
  /// The low eight bits of the nearest integer, ties to even, in two's complement; of a magnitude of at
  /// most 2²². Without a conversion that not every processor has, and without its checks.
  var roundedToByte: UInt8 {
    // From 2²³ to 2²⁴ float32 has no fraction bits: the sum is rounded, and its bits count up by one.
    UInt8(truncatingIfNeeded: (self + 0x1.8p23).bitPattern)
  }

  /// The nearest number of float16, ties to even, as a float32: `Float(Float16(self))`.
  ///
  /// **Edge cases**: from 65520 on the result is infinite; a NaN stays one; −0 may become 0.
  var roundedToHalf: Float {
    if magnitude < 0x1p-14 {
      // Subnormal numbers of float16 are multiples of 2⁻²⁴, the step of float32 from 1/2 to 1.
      return (self + 0.75) - 0.75
    }
    guard magnitude < 65520 else {
      return isNaN ? self : Float(signOf: self, magnitudeOf: .infinity)
    }
    // Float16 has 13 fraction bits less.
    return Float(bitPattern: (bitPattern + 0xfff + (bitPattern >> 13 & 1)) & 0xffff_e000)
  }
}
