/// Rounding to FP8 E4M3 (SmallFloat.e4m3), the variant without infinity.
enum Float8 {
  /// The greatest number of the format.
  static let greatest: Float = 448

  /// The code nearest to a value, ties to even; beyond ±448 that of ±448. A NaN is a broken contract.
  static func code(_ value: Float) -> UInt8 {
    let sign = UInt8(truncatingIfNeeded: value.bitPattern >> 24) & 0x80
    let magnitude = min(value.magnitude, greatest)
    if magnitude < 0x1p-6 {
      // Subnormal numbers are multiples of 2⁻⁹, the step of float32 from 2¹⁴ to 2¹⁵; 2⁻⁶ itself, the
      // least normal number, has the code that follows.
      let steps = (magnitude + 0x1.8p14).bitPattern &- (0x1.8p14 as Float).bitPattern
      return sign | UInt8(truncatingIfNeeded: steps)
    }
    // Three of 23 fraction bits remain; exponents count from 7 instead of 127.
    let bits = magnitude.bitPattern
    let rounded = bits &+ 0x7ffff &+ (bits >> 20 & 1)
    return sign | UInt8(truncatingIfNeeded: (rounded >> 20) &- (120 << 3))
  }
}
