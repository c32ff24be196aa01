/// Rounding to FP4 E2M1 (SmallFloat.e2m1): 0, 1/2, 1, 3/2, 2, 3, 4, 6 and a sign.
enum Float4 {
  /// The greatest number of the format.
  static let greatest: Float = 6

  /// The code nearest to a value, ties to even; beyond ±6 that of ±6. What rounds to 0 keeps its sign,
  /// −0 does not. A NaN is a broken contract.
  static func code(_ value: Float) -> UInt8 {
    let magnitude = min(value.magnitude, greatest)
    // Numbers are 1/2 apart below 2, 1 apart below 4, then 2.
    let code: Float =
      if magnitude < 2 {
        (2 * magnitude).roundedToInteger
      } else if magnitude < 4 {
        magnitude.roundedToInteger + 2
      } else {
        (magnitude / 2).roundedToInteger + 4
      }
    return UInt8(code) | (value < 0 ? 8 : 0)
  }
}
