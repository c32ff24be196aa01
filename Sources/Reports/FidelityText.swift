public import FidelityReports
internal import Operations
internal import ToolKit

extension FidelityReport {
  /// The report for a terminal: one line for each candidate, then what is wrong. Arithmetics have a
  /// column where some candidate was not run in float32.
  public var text: String {
    let hasPictures = candidates.contains { $0.goldens.contains { $0.picture != nil } }
    let hasArithmetic = candidates.contains { $0.arithmetic != .float32 }
    var table = TextTable(
      [.text("candidate")] + (hasArithmetic ? [.text("arithmetic")] : [])
        + [
          .number("bits/weight"), .number("velocity error"), .number("latents error"),
          .number("latents PSNR"),
        ] + (hasPictures ? [.number("SSIM"), .number("FLIP")] : [])
        + [.number("worst tensor"), .text("verdict")])
    for candidate in candidates {
      let summary = candidate.summary
      table.append(
        [candidate.name] + (hasArithmetic ? [candidate.arithmetic.rawValue] : [])
          + [
            decimalText(candidate.bitsPerWeight, decimals: 3), errorText(summary.velocity),
            errorText(summary.latents), decimalText(summary.psnr, decimals: 1) + " dB",
          ]
          + (hasPictures
            ? [
              summary.ssim.map { decimalText($0, decimals: 4) } ?? "–",
              summary.flip.map(errorText) ?? "–",
            ] : [])
          + [
            summary.worstTensor.map { errorText($0.relativeError) } ?? "–",
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
