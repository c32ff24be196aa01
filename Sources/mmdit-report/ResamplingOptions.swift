internal import ArgumentParser
internal import FidelityReports

/// How intervals are computed, for `@OptionGroup`.
struct ResamplingOptions: ParsableArguments {
  @Option(help: "The probability with which an interval holds the true change.")
  var confidence = 0.95

  @Option(help: "How often the prompts are drawn anew.")
  var resamples = 10_000

  @Option(help: "Where the random numbers begin; the same seed gives the same intervals.")
  var seed: UInt64 = 1

  func validate() throws {
    guard Resampling.confidences.contains(confidence) else {
      throw ValidationError(
        "--confidence: expected a number from 0.5 to 0.999, found \(confidence)")
    }
    guard Resampling.resampleCounts.contains(resamples) else {
      throw ValidationError(
        "--resamples: expected a number from 100 to 1000000, found \(resamples)")
    }
  }

  var resampling: Resampling {
    Resampling(confidence: confidence, resampleCount: resamples)
  }

  var generator: SplitMix64 { SplitMix64(seed: seed) }
}
