internal import Glibc

/// A speed that follows the recent past without jumping with every piece.
///
/// An exponential moving average over time: what happened `t` seconds ago counts `exp(-t / τ)`, with
/// `τ = timeConstant`. Dividing by the sum of the weights so far removes the pull of the missing
/// past at the start, so that a constant speed is shown exactly from the first sample on.
package struct SmoothedRate: Sendable {
  private let timeConstant: Double
  private var weightedRate = 0.0
  private var weight = 0.0

  /// An average in which the past fades over that many seconds.
  package init(timeConstant: Double = 5) {
    precondition(timeConstant > 0)
    self.timeConstant = timeConstant
  }

  /// Counts `amount` done within `seconds`. Samples of no duration are ignored.
  package mutating func add(_ amount: Int, seconds: Double) {
    guard seconds > 0 else { return }
    let kept = exp(-seconds / timeConstant)
    weightedRate = weightedRate * kept + Double(amount) / seconds * (1 - kept)
    weight = weight * kept + (1 - kept)
  }

  /// Units per second, or nil before the first sample.
  package var unitsPerSecond: Double? { weight > 0 ? weightedRate / weight : nil }
}
