public import Images

/// The peak signal-to-noise ratio of two pictures of one size, in decibels:
///
///     10 log₁₀(255² / mean((a − b)²))
///
/// over all values of all channels; infinity for equal pictures. Equal to scikit-image's
/// `peak_signal_noise_ratio(data_range=255)`. Throws when the sizes differ.
public func peakSignalToNoise(_ a: Image, _ b: Image) throws -> Double {
  try ImageMetricsFailure.check(a, b)
  var squares = 0
  for i in a.pixels.indices {
    let difference = Int(a.pixels[i]) - Int(b.pixels[i])
    squares += difference * difference
  }
  guard squares > 0 else { return .infinity }
  return decibels(255 * 255 * Double(a.pixels.count) / Double(squares))
}
