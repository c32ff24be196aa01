internal import Glibc

/// One direction of a chart: which numbers it shows, where, and where its ticks are.
package struct Axis {
  /// A mark with its text.
  package struct Tick: Hashable {
    package let value: Double
    package let text: String
  }

  package let title: String
  package let isLogarithmic: Bool
  /// The numbers at its ends; positive on a logarithmic axis, never equal.
  package let domain: ClosedRange<Double>
  package let ticks: [Tick]

  /// From a little below the smallest to a little above the largest number, with about `tickCount`
  /// round ticks. What cannot be shown (`shows`) does not count; nil when nothing is left.
  package static func fitting(
    _ values: [Double], title: String, isLogarithmic: Bool = false, tickCount: Int = 5,
    text: (Double) -> String = tickText
  ) -> Axis? {
    let shown = values.filter { isShown($0, isLogarithmic: isLogarithmic) }
    guard let low = shown.min(), let high = shown.max() else { return nil }
    return isLogarithmic
      ? logarithmic(low, high, title: title, tickCount: tickCount, text: text)
      : linear(low, high, title: title, tickCount: tickCount, text: text)
  }

  /// Exactly from 0 to 1, for places in a run.
  package static func fraction(title: String) -> Axis {
    Axis(
      title: title, isLogarithmic: false, domain: 0...1,
      ticks: [0, 0.25, 0.5, 0.75, 1].map { Tick(value: $0, text: "\(Int($0 * 100)) %") })
  }

  /// One place for each label, in this order; labels are left out where they would be too many.
  package static func labels(_ labels: [String], title: String, tickCount: Int = 6) -> Axis {
    let step = max(1, (labels.count + tickCount - 1) / tickCount)
    return Axis(
      title: title, isLogarithmic: false, domain: -0.25...(Double(max(1, labels.count)) - 0.75),
      ticks: stride(from: 0, to: labels.count, by: step).map {
        Tick(value: Double($0), text: shortened(labels[$0], to: 10))
      })
  }

  package func shows(_ value: Double) -> Bool { Self.isShown(value, isLogarithmic: isLogarithmic) }

  /// The part of the way along the axis: 0 at its beginning, 1 at its end.
  package func place(of value: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    return isLogarithmic
      ? (log10(value) - log10(low)) / (log10(high) - log10(low)) : (value - low) / (high - low)
  }

  /// Whether a number has a place: it is finite, and small enough for differences of two such to be.
  private static func isShown(_ value: Double, isLogarithmic: Bool) -> Bool {
    value.magnitude < 1e300 && (!isLogarithmic || value > 1e-300)
  }

  private static func linear(
    _ low: Double, _ high: Double, title: String, tickCount: Int, text: (Double) -> String
  ) -> Axis {
    // Equal numbers get a span of their own size.
    let span = high > low ? high - low : max(abs(high), 1e-300)
    let (bottom, top) = (low - span * 0.08, high + span * 0.08)
    return Axis(
      title: title, isLogarithmic: false, domain: bottom...top,
      ticks: evenTicks(bottom, top, tickCount: tickCount).map { Tick(value: $0, text: text($0)) })
  }

  /// Multiples of a round step.
  private static func evenTicks(_ bottom: Double, _ top: Double, tickCount: Int) -> [Double] {
    let step = niceStep(atLeast: (top - bottom) / Double(tickCount))
    let first = Int((bottom / step).rounded(.up))
    let count = max(0, Int(((top / step) - Double(first)).rounded(.down)) + 1)
    return (0..<count).map { Double(first + $0) * step }
  }

  private static func logarithmic(
    _ low: Double, _ high: Double, title: String, tickCount: Int, text: (Double) -> String
  ) -> Axis {
    let margin = max(0.04, (log10(high) - log10(low)) * 0.08)
    let (bottom, top) = (pow(10, log10(low) - margin), pow(10, log10(high) + margin))
    let decades = Int(floor(log10(bottom)))...Int(floor(log10(top)))
    // The finest of these that has not too many ticks; many decades leave some out.
    let choices: [[Double]] = [
      [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1],
    ]
    for mantissas in choices {
      let values = decades.flatMap { decade in mantissas.map { $0 * pow(10, Double(decade)) } }
        .filter { (bottom...top).contains($0) }
      if values.count <= tickCount + 1 {
        // Between neighbours of the finest choice steps of equal size look equal too.
        let shown =
          values.count > 1 ? values : evenTicks(bottom, top, tickCount: tickCount)
        return Axis(
          title: title, isLogarithmic: true, domain: bottom...top,
          ticks: shown.map { Tick(value: $0, text: text($0)) })
      }
    }
    let step = max(1, (decades.count + tickCount - 1) / tickCount)
    let values = stride(from: decades.lowerBound, through: decades.upperBound, by: step)
      .map { pow(10, Double($0)) }.filter { (bottom...top).contains($0) }
    return Axis(
      title: title, isLogarithmic: true, domain: bottom...top,
      ticks: values.map { Tick(value: $0, text: text($0)) })
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is not below the number.
  private static func niceStep(atLeast number: Double) -> Double {
    let power = pow(10, floor(log10(number)))
    let mantissa = number / power
    return power * (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10)
  }
}
