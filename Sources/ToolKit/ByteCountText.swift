/// A number of bytes for people: `512 B`, `1.0 kB`, `7.8 GB`.
///
/// Units are decimal, 1 GB = 1,000,000,000 B, as disks are sold and as file managers and `ls --si`
/// count; the suite uses no binary unit anywhere. Below 1000 the number is exact; above, it has one
/// decimal, rounded half away from zero, and moves to the next unit when rounding reaches 1000.
public func byteCountText(_ byteCount: Int) -> String {
  let sign = byteCount < 0 ? "-" : ""
  let magnitude = UInt64(byteCount.magnitude)
  guard magnitude >= 1000 else { return "\(sign)\(magnitude) B" }
  var unitSize: UInt64 = 1000
  for (index, unit) in ["kB", "MB", "GB", "TB", "PB", "EB"].enumerated() {
    // The remainder is below 10^18, so ten times it and half a unit stay below 2^64.
    let (whole, rest) = magnitude.quotientAndRemainder(dividingBy: unitSize)
    let tenths = whole * 10 + (rest * 10 + unitSize / 2) / unitSize
    if tenths < 10_000 || index == 5 {
      return "\(sign)\(tenths / 10).\(tenths % 10) \(unit)"
    }
    unitSize *= 1000
  }
  preconditionFailure("the last unit always returns")
}

/// A speed in bytes for people, `1.2 GB/s`. Not finite or negative counts as zero.
public func byteRateText(_ bytesPerSecond: Double) -> String {
  byteCountText(wholeNumber(bytesPerSecond)) + "/s"
}

/// The nearest whole number, kept within `0...Int.max`; zero for what is not a number.
func wholeNumber(_ value: Double) -> Int {
  guard value > 0 else { return 0 }
  return Int(exactly: value.rounded()) ?? Int.max
}
