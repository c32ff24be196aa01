public import Fidelity
internal import Tensors
internal import ToolKit

extension Verification {
  /// The report for a terminal: one line for each candidate, then what is wrong.
  public var text: String {
    var table = TextTable([
      .text("candidate"), .number("bits/weight"), .number("velocity error"),
      .number("latents error"), .number("latents PSNR"), .number("worst tensor"),
      .text("verdict"),
    ])
    for candidate in candidates {
      let summary = candidate.summary
      table.append([
        candidate.name, decimalText(candidate.bitsPerWeight, decimals: 3),
        errorText(summary.velocity), errorText(summary.latents),
        decimalText(summary.psnr, decimals: 1) + " dB",
        summary.worstTensor.map { errorText($0.metrics.relativeError) } ?? "–",
        verdict(candidate.passes),
      ])
    }
    var lines = [table.text]
    for candidate in candidates where !candidate.passes {
      lines.append("\(candidate.name) fails:")
      lines += candidate.violations.prefix(shownViolations).map { "  \($0.text)" }
      let more = candidate.violations.count - shownViolations
      if more > 0 { lines.append("  and \(more) more in the JSON report") }
    }
    for skipped in skipped { lines.append("skipped \(skipped.id): \(skipped.reason)") }
    return lines.joined(separator: "\n")
  }

  /// The lines of a failure that people read before they look into the report.
  private var shownViolations: Int { 8 }
}

/// The worst of each figure over all goldens.
struct FidelitySummary {
  var velocity: Double
  var latents: Double
  var psnr: Double
  var worstTensor: TensorFidelity?
}

extension CandidateFidelity {
  var summary: FidelitySummary {
    FidelitySummary(
      velocity: worst(goldens.map(\.velocityRelativeError), by: >),
      latents: worst(goldens.map(\.latents.relativeError), by: >),
      psnr: worst(goldens.map(\.latents.peakSignalToNoiseDecibels), by: <),
      worstTensor: tensorsFromTheWorst.first)
  }

  /// The tensors by relative error, largest first, equal ones by name; what is not a number is
  /// larger than any.
  var tensorsFromTheWorst: [TensorFidelity] {
    func order(_ tensor: TensorFidelity) -> Double {
      let error = tensor.metrics.relativeError
      return error.isNaN ? .infinity : error
    }
    return tensors.sorted { (order($1), $0.name) < (order($0), $1.name) }
  }

  /// The worst of some figures, NaN when one of them is or when there are none.
  private func worst(_ figures: [Double], by isWorse: (Double, Double) -> Bool) -> Double {
    guard let first = figures.first, !figures.contains(where: \.isNaN) else { return .nan }
    return figures.reduce(first) { isWorse($1, $0) ? $1 : $0 }
  }
}

extension Violation {
  var text: String {
    let relation = limit.hasSuffix("_db") ? "at least" : "at most"
    let place = place.map { " (\($0))" } ?? ""
    return "\(subject): \(limit): expected \(relation) \(errorText(allowed)), "
      + "found \(errorText(found))\(place)"
  }
}
