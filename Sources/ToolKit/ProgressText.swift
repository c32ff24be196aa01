package import Parallel

/// Where a stage stands; all that its text depends on.
package struct ProgressSnapshot: Sendable {
  package var stage: String
  package var unit: WorkUnit
  /// Units finished so far.
  package var done: Int
  /// Units in all; zero when it is not known.
  package var total: Int
  /// Time since the stage began.
  package var elapsed: Duration
  /// The recent speed in units per second, when there is one.
  package var rate: Double?

  package init(
    stage: String, unit: WorkUnit, done: Int, total: Int, elapsed: Duration, rate: Double? = nil
  ) {
    self.stage = printableLine(stage)
    self.unit = unit
    self.done = max(0, done)
    self.total = max(0, total)
    self.elapsed = elapsed
    self.rate = rate
  }

  /// What a stage says when it begins: `quantize: 7.8 GB`.
  package var startLine: String {
    total == 0 ? stage : "\(stage): \(amount(total))"
  }

  /// What a log shows now and then: `quantize: 15%, 1.2 GB of 7.8 GB, 229.0 MB/s, 29 s left`.
  package var statusLine: String {
    let facts = [percent.map { "\($0)%" }, amounts, rate.map(rateText), timeLeft]
    return "\(stage): \(facts.compactMap(\.self).joined(separator: ", "))"
  }

  /// What a stage says when it is over: `quantize: 7.8 GB in 34.1 s, 228.7 MB/s`.
  ///
  /// The speed is the mean over the whole stage. A stage that ended early names both amounts.
  package var endLine: String {
    let seconds = elapsed / .seconds(1)
    let mean = done > 0 && seconds > 0 ? ", " + rateText(Double(done) / seconds) : ""
    let amount = done < total ? amounts : amount(done)
    return "\(stage): \(amount) in \(durationText(elapsed))\(mean)"
  }

  /// The finished part in whole percent, rounded down so that 100 means finished.
  package var percent: Int? {
    guard total > 0 else { return nil }
    return total.dividingFullWidth(min(done, total).multipliedFullWidth(by: 100)).quotient
  }

  /// `1.2 GB of 7.8 GB`, `3 of 28 steps`.
  var amounts: String {
    guard total > 0 else { return amount(done) }
    return switch unit {
    case .bytes: "\(byteCountText(done)) of \(byteCountText(total))"
    case .steps: "\(countText(done)) of \(countText(total, "step"))"
    case .tokens: "\(countText(done)) of \(countText(total, "token"))"
    }
  }

  /// The estimate at the recent speed, for work that has begun and is not finished.
  var timeLeft: String? {
    guard let rate, rate > 0, done > 0, done < total else { return nil }
    return wholeDurationText(seconds: wholeNumber(Double(total - done) / rate)) + " left"
  }

  /// A speed: bytes per second, steps per second, or seconds per step when that is above one.
  func rateText(_ unitsPerSecond: Double) -> String {
    switch unit {
    case .bytes: return byteRateText(unitsPerSecond)
    case .tokens: return "\(countText(wholeNumber(unitsPerSecond))) tokens/s"
    case .steps:
      guard unitsPerSecond > 0 else { return "0.0 steps/s" }
      let isSlow = unitsPerSecond < 1
      let tenths = wholeNumber((isSlow ? 1 / unitsPerSecond : unitsPerSecond) * 10)
      return "\(countText(tenths / 10)).\(tenths % 10) \(isSlow ? "s/step" : "steps/s")"
    }
  }

  private func amount(_ count: Int) -> String {
    switch unit {
    case .bytes: byteCountText(count)
    case .steps: countText(count, "step")
    case .tokens: countText(count, "token")
    }
  }
}
