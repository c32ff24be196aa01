import FidelityReports
import Foundation
import Testing

@Suite struct BootstrapTests {
  /// From mpmath 1.4.1 with 30 digits: the root of its incomplete beta function.
  @Test(arguments: [
    (1, 12.7062047361747046), (2, 4.30265272974946385), (3, 3.18244630528370959),
    (4, 2.77644510519779436), (15, 2.13144954555977568), (100, 1.98397151852355229),
  ])
  func quantilesOfStudentAreThoseOfTables(_ degrees: Int, _ expected: Double) {
    // The probability is a sum of up to 50 terms, each within a few units in the last place; the
    // density is 0.004 at the first of the quantiles, so that 1e-15 becomes 2e-14 of it.
    let found = studentQuantile(confidence: 0.95, degrees: degrees)
    #expect(abs(found / expected - 1) < 1e-12)
  }

  @Test func theTailOfTheNormalIsThatOfTables() {
    // erfc is within a few units in the last place.
    #expect(abs(normalTail(1.959963984540054) / 0.025 - 1) < 1e-14)
  }

  @Test func theSameSeedGivesTheSameInterval() {
    let values = [0.1, 0.2, 0.15, 0.4, 0.05, 0.3]
    func interval(_ seed: UInt64) -> MeanInterval {
      var generator = SplitMix64(seed: seed)
      return meanInterval(of: values, resampling: .init(), using: &generator)
    }
    #expect(interval(1) == interval(1))
    #expect(interval(1) != interval(2))
    #expect(interval(1).isBootstrapped)
    #expect(interval(1).lower < 0.2 && interval(1).upper > 0.2)
  }

  @Test func fewValuesHaveTheirRange() {
    var generator = SplitMix64(seed: 1)
    #expect(
      meanInterval(of: [3, 1, 2, 5], resampling: .init(), using: &generator)
        == MeanInterval(lower: 1, upper: 5, isBootstrapped: false))
  }

  @Test func equalValuesAreCertain() {
    var generator = SplitMix64(seed: 1)
    #expect(
      meanInterval(of: Array(repeating: 0.3, count: 9), resampling: .init(), using: &generator)
        == MeanInterval(lower: 0.3, upper: 0.3, isBootstrapped: true))
  }

  /// The share of 2,000 trials in which the lower bound is above `tolerance`, for differences that
  /// are normal around `mean`.
  private func alarms(
    count: Int, mean: Double, deviation: Double, tolerance: Double
  ) -> Double {
    var numbers = SplitMix64(seed: UInt64(count))
    var generator = SplitMix64(seed: 99)
    let trials = 2000
    let found = (0..<trials).count { _ in
      let values = (0..<count).map { _ in mean + deviation * normal(&numbers) }
      let resampling = Resampling(resampleCount: 1000)
      return meanInterval(of: values, resampling: resampling, using: &generator).lower > tolerance
    }
    return Double(found) / Double(trials)
  }

  /// Nothing changed but noise, and no tolerance. Each side of the interval should miss 2.5 % of
  /// the time; five values have too few resamples in their tails for that, and come to 4 %. The
  /// share found in 2,000 trials has a standard error of 0.4 %.
  @Test(arguments: [5, 6, 8, 16, 40])
  func noiseRarelyLooksLikeALoss(_ count: Int) {
    #expect(alarms(count: count, mean: 0, deviation: 0.2, tolerance: 0) < 0.05)
  }

  /// The tolerance of 5 % takes most of what is left: with 16 prompts that vary by 10 %, it is two
  /// standard errors of the mean away.
  @Test func noiseWithinToleranceNextToNeverLooksLikeALoss() {
    #expect(alarms(count: 16, mean: 0, deviation: 0.1, tolerance: 0.0488) < 0.002)
  }

  /// An error that grew by 15 % where prompts vary by 10 %: log 1.15 − log 1.05 is 3.6 standard
  /// errors of the mean of 16, and the t of 15 degrees of freedom is at 2.13, so that about 93 % of
  /// such losses are found.
  @Test func aLossOf15PercentIsFoundOn16Prompts() {
    let found = alarms(count: 16, mean: 0.1398, deviation: 0.1, tolerance: 0.0488)
    #expect(found > 0.88 && found < 0.97)
  }
}

/// A standard normal number (Box and Muller), from uniform numbers that are never 0.
private func normal(_ generator: inout SplitMix64) -> Double {
  let radius = (-2 * log(Double.random(in: 0x1p-53..<1, using: &generator))).squareRoot()
  return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
}
