/// A number of one sign bit, eight exponent bits and seven fraction bits: the upper half of a
/// `Float`.
public struct BFloat16: Hashable, Sendable {
  public let bitPattern: UInt16

  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// The nearest value, ties to even.
  ///
  /// **Edge cases**: beyond the largest finite value by half a step or more the result is
  /// infinite; a NaN keeps its sign and upper fraction bits and becomes quiet; subnormal numbers
  /// round like all others.
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(truncatingIfNeeded: (bits | 0x0040_0000) >> 16)
    } else {
      // The largest pattern that is no NaN is infinity, 0xff80_0000: no overflow.
      bitPattern = UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16 & 1)) >> 16)
    }
  }
}

extension Float {
  /// The same number: exact. A NaN keeps its bits.
  public init(_ value: BFloat16) {
    self.init(bitPattern: UInt32(value.bitPattern) << 16)
  }
}
