/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014): the same numbers from the same seed, on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// How intervals are computed.
public struct Resampling: Hashable, Sendable {
  /// The probability with which an interval covers the true mean, on both sides together.
  public var confidence: Double
  /// How often the prompts are drawn anew.
  public var resampleCount: Int

  /// Traps unless 0.5 ≤ `confidence` ≤ 0.999 and 100 ≤ `resampleCount` ≤ 1,000,000.
  public init(confidence: Double = 0.95, resampleCount: Int = 10_000) {
    precondition(Self.confidences.contains(confidence), "a confidence of \(confidence)")
    precondition(Self.resampleCounts.contains(resampleCount), "\(resampleCount) resamples")
    self.confidence = confidence
    self.resampleCount = resampleCount
  }

  /// What `confidence` may be.
  public static let confidences = 0.5...0.999
  /// What `resampleCount` may be.
  public static let resampleCounts = 100...1_000_000
}

/// Where the true mean of a population probably lies.
public struct MeanInterval: Hashable, Sendable {
  public var lower: Double
  public var upper: Double
  /// Whether it comes from resampling; for fewer than five values it is their range.
  public var isBootstrapped: Bool

  public init(lower: Double, upper: Double, isBootstrapped: Bool) {
    self.lower = lower
    self.upper = upper
    self.isBootstrapped = isBootstrapped
  }
}

/// With fewer values their range takes the place of an interval: the lower bound of an interval from
/// resampling would be the smallest value anyway.
public let fewestResampledValues = 5

/// An interval for the mean of the population that `values` were drawn from: the bootstrap's
/// percentile interval (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13),
/// expanded for small samples.
///
/// Plain percentiles come out too short by √((n − 1)/n), and by the quantiles of the normal where
/// those of Student's t belong. So instead of α/2 the tails are Φ(−t · √(n/(n − 1))) with t the
/// quantile of 1 − α/2 for n − 1 degrees of freedom (Hesterberg, "What Teachers Should Know About
/// the Bootstrap", 2015, section 5.3). Quantiles are interpolated linearly.
///
/// **Edge cases**: the range of the values when there are fewer than `fewestResampledValues`. No
/// values trap.
public func meanInterval(
  of values: [Double], resampling: Resampling,
  using generator: inout some RandomNumberGenerator
) -> MeanInterval {
  guard let smallest = values.min(), let largest = values.max() else {
    preconditionFailure("an interval needs values")
  }
  guard values.count >= fewestResampledValues, smallest < largest else {
    return MeanInterval(
      lower: smallest, upper: largest, isBootstrapped: values.count >= fewestResampledValues)
  }
  let count = Double(values.count)
  var means: [Double] = []
  means.reserveCapacity(resampling.resampleCount)
  for _ in 0..<resampling.resampleCount {
    var sum = 0.0
    for _ in values.indices {
      // The upper half of a product with a random 64-bit number is an index; that it favours some
      // shows after 2⁶⁴ / n draws.
      let index = generator.next().multipliedFullWidth(by: UInt64(values.count)).high
      sum += values[Int(index)]
    }
    means.append(sum / count)
  }
  means.sort()
  let tail = expandedTail(confidence: resampling.confidence, count: values.count)
  return MeanInterval(
    lower: quantile(tail, of: means), upper: quantile(1 - tail, of: means), isBootstrapped: true)
}

/// The quantile of sorted values, interpolated linearly between the two that are nearest.
private func quantile(_ fraction: Double, of sorted: [Double]) -> Double {
  let place = fraction * Double(sorted.count - 1)
  let index = min(Int(place), sorted.count - 1)
  let next = min(index + 1, sorted.count - 1)
  return sorted[index] + (place - Double(index)) * (sorted[next] - sorted[index])
}
