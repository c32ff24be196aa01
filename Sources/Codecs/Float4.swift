/// Rounding to FP4 E2M1 (SmallFloat.e2m1): 0, 1/2, 1, 3/2, 2, 3, 4, 6 and a sign.
enum Float4 {
  /// The greatest number of the format.
  static let greatest: Float = 6

  /// The code nearest to a value, ties to even; beyond ±6 that of ±6. What rounds to 0 keeps its sign,
  /// −0 does not. A NaN is a broken contract.
  static func code(_ value: Float) -> UInt8 {
    let magnitude = min(value.magnitude, greatest)
    let bits = magnitude.bitPattern
    // Below 1 numbers are multiples of 1/2; from 1 on one of 23 fraction bits remains, and the
    // exponents count from 1 instead of 127.
    let steps = (2 * magnitude).roundedToByte
    let rounded = bits &+ 0x1f_ffff &+ (bits >> 22 & 1)
    let normal = UInt8(truncatingIfNeeded: (rounded >> 22) &- (126 << 1))
    return (magnitude < 1 ? steps : normal) | (value < 0 ? 8 : 0)
  }
}
