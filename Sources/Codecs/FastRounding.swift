extension Float {
  /// The low eight bits of the nearest integer, ties to even, in two's complement; of a magnitude of at
  /// most 2²². Without a conversion that not every processor has, and without its checks.
  var roundedToByte: UInt8 {
    // From 2²³ to 2²⁴ float32 has no fraction bits: the sum is rounded, and its bits count up by one.
    UInt8(truncatingIfNeeded: (self + 0x1.8p23).bitPattern)
  }
}
