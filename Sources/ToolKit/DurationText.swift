/// A measured time for people: `412 ms`, `12.3 s`, `2 min 05 s`, `1 h 02 min`.
///
/// Rounded to the nearest of the last unit shown; negative counts as zero.
public func durationText(_ duration: Duration) -> String {
  let seconds = max(0, duration / .seconds(1))
  if seconds < 0.9995 { return "\(wholeNumber(seconds * 1000)) ms" }
  let tenths = wholeNumber(seconds * 10)
  if tenths < 600 { return "\(tenths / 10).\(tenths % 10) s" }
  return wholeDurationText(seconds: wholeNumber(seconds))
}

/// A time for people that does not pretend to tenths: `29 s`, `2 min 05 s`, `3 d 04 h`.
///
/// Used for what is left of a piece of work, an estimate.
public func wholeDurationText(seconds: Int) -> String {
  func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    "\(large) \(largeUnit) \(small < 10 ? "0" : "")\(small) \(smallUnit)"
  }
  let seconds = max(0, seconds)
  if seconds < 60 { return "\(seconds) s" }
  if seconds < 3600 { return pair(seconds / 60, "min", seconds % 60, "s") }
  // Half a minute rounds up; at the edge that may reach a whole hour or day, hence the order.
  let minutes = seconds / 60 + (seconds % 60 >= 30 ? 1 : 0)
  if minutes < 24 * 60 { return pair(minutes / 60, "h", minutes % 60, "min") }
  let hours = minutes / 60 + (minutes % 60 >= 30 ? 1 : 0)
  return pair(hours / 24, "d", hours % 24, "h")
}
