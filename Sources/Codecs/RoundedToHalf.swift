extension Float {
  /// The nearest number of float16, ties to even, as a float32: what `Float(Float16(self))` is,
  /// without a conversion that not every processor has.
  ///
  /// **Edge cases**: from 65520 on the result is infinite; a NaN stays one; 0 loses its sign.
  var roundedToHalf: Float {
    if magnitude < 0x1p-14 {
      // Subnormal numbers of float16 are multiples of 2⁻²⁴, the step of float32 from 1/2 to 1.
      return (self + 0.75) - 0.75
    }
    let bits = bitPattern
    // Float16 has 13 fraction bits less. A finite number cannot overflow into the sign.
    let rounded = Float(bitPattern: (bits &+ 0xfff &+ (bits >> 13 & 1)) & 0xffff_e000)
    return rounded.magnitude < 65536
      ? rounded : isNaN ? self : Float(signOf: self, magnitudeOf: .infinity)
  }
}
