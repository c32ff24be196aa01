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
      velocity: goldens.map(\.velocityRelativeError).max() ?? .nan,
      latents: goldens.map(\.latents.relativeError).max() ?? .nan,
      psnr: goldens.map(\.latents.peakSignalToNoiseDecibels).min() ?? .nan,
      worstTensor: tensors.max { $0.metrics.relativeError < $1.metrics.relativeError })
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
