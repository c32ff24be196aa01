internal import FidelityReports
internal import Glibc
internal import ToolKit

// How changes of figures are told.
extension ReportMetric {
  /// A value: `0.0123`, `31.2 dB`, `0.9812`.
  package func valueText(_ value: Double) -> String {
    switch self {
    case .velocityError, .guidedVelocityError, .latentsError: errorText(value)
    case .latentsPSNR, .picturePSNR: decimalText(value, decimals: 2) + " dB"
    case .pictureSSIM, .pictureMultiScaleSSIM, .pictureFLIP: decimalText(value, decimals: 4)
    }
  }

  /// A mean, which is a bound where every value was held to floor or ceiling: `≤ 1.0e-5`.
  package func meanText(_ mean: Double) -> String {
    // The logarithm and back is within a few units in the last place.
    switch scale {
    case .ratio(let floor) where mean <= floor * (1 + 1e-12): "≤ " + valueText(floor)
    case .gain(let ceiling) where ceiling > 1 && mean >= ceiling * (1 - 1e-12):
      "≥ " + valueText(ceiling)
    default: valueText(mean)
    }
  }

  /// A change of the value from its worsening: `+7.1 %` of an error, `-0.52 dB` of a ratio of
  /// signal to noise that became 0.52 dB worse.
  func changeText(worsening: Double) -> String {
    switch scale {
    case .ratio: percentText(worsening)
    case .gain: signed(-worsening) { valueText($0) }
    case .loss: signed(worsening) { valueText($0) }
    }
  }

  /// The tolerance in the same unit.
  func toleranceText(_ tolerance: Double) -> String { changeText(worsening: tolerance) }
}

extension MetricChange {
  /// The change of the mean: `+7.1 %`.
  var changeText: String { metric.changeText(worsening: worsening) }

  /// Where the change lies: `+5.6 % … +8.9 %`; `–` without pairs.
  var intervalText: String {
    guard let interval else { return "–" }
    // More is worse for errors and better for gains, whose bounds change places.
    let bounds =
      if case .gain = metric.scale { (interval.upper, interval.lower) } else {
        (interval.lower, interval.upper)
      }
    return "\(metric.changeText(worsening: bounds.0)) … \(metric.changeText(worsening: bounds.1))"
  }
}

/// A share with its sign: `+7.1 %`; `new` for the growth of what was 0.
func percentText(_ share: Double) -> String {
  share == .infinity ? "new" : signed(share) { decimalText($0 * 100, decimals: 1) + " %" }
}

/// A number with its sign, also when it is positive.
private func signed(_ number: Double, _ text: (Double) -> String) -> String {
  (number > 0 ? "+" : "") + text(number == 0 ? 0 : number)
}

/// The share as a percentage without needless digits: `95 %`, `99.9 %`.
func confidenceText(_ confidence: Double) -> String {
  let percent = confidence * 100
  return decimalText(percent, decimals: abs(percent - percent.rounded()) < 1e-9 ? 0 : 1) + " %"
}
