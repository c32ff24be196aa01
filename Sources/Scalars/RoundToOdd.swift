extension Float {
  /// The value itself if it is exact, else the neighbour towards or away from zero whose last bit
  /// is 1.
  ///
  /// Rounding the result to nearest even in a type with at most 22 bits of precision gives what
  /// rounding the `Double` itself would have given (Boldo and Melquiond, Emulation of FMA and
  /// Correctly Rounded Sums, 2008): the odd last bit keeps what lies beyond it from being taken for
  /// a tie.
  ///
  /// **Edge cases**: a finite number beyond the range of `Float` becomes the largest `Float`, a
  /// number other than 0 never becomes 0; infinities and NaNs stay what they are.
  public init(roundingToOdd value: Double) {
    let nearest = Float(value)
    guard !value.isNaN, Double(nearest) != value else {
      self = nearest
      return
    }
    // Of two neighbours, whose patterns differ by one, one is odd: the lesser one, or the next.
    let truncated =
      Double(nearest.magnitude) > value.magnitude
      ? nearest.bitPattern - 1 : nearest.bitPattern
    self = Float(bitPattern: truncated | 1)
  }
}
