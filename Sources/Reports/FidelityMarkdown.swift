public import FidelityReports
internal import Operations
internal import ToolKit

extension FidelityReport {
  /// The report for people who decide whether to publish: what was lost, where, and how it grows.
  public var markdown: String { Self.markdown(of: [self]) }

  /// Several reports as one, in their order; each candidate says which golden set it ran.
  public static func markdown(of reports: [FidelityReport]) -> String {
    var lines = ["# Fidelity"]
    for report in reports { lines += report.overview }
    lines += [
      "",
      "Each figure is the worst over the goldens. *Arithmetic*: what the products of the blocks are "
        + "computed in. *Velocity error*: ‖v − v_golden‖ / ‖v_golden‖ of "
        + "one prediction at the golden latents, the largest of all steps. *Latents*: the end of a "
        + "run of its own against the golden one; small differences grow along a run, so two good "
        + "quantizations may end in different but equally good pictures. *SSIM*: of these pictures, where "
        + "they were made.",
    ]
    for report in reports {
      let origin = reports.count > 1 ? " on `\(report.goldenSet.file)`" : ""
      for candidate in report.candidates where !candidate.passes {
        lines += ["", "## \(candidate.name) fails\(origin)", ""]
        lines += candidate.violations.map { "- \($0.text)" }
      }
      for candidate in report.candidates {
        lines += ["", "## \(candidate.name)\(origin)"] + candidate.markdownSection
      }
      if !report.skipped.isEmpty {
        lines += ["", "## Skipped\(origin)", ""]
        lines += report.skipped.map { "- `\($0.id)`: \($0.reason)" }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What was run where, and a line for each candidate.
  private var overview: [String] {
    var lines = [
      "", "Golden set: `\(goldenSet.file)`, computed by \(goldenSet.producer).", "",
      "Measured by version \(environment.suiteVersion) on \(environment.processor), "
        + "\(environment.system), with \(environment.threads) threads.",
      "",
      "| candidate | arithmetic | bits/weight | velocity error | latents error | latents PSNR | SSIM "
        + "| verdict |",
      "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for candidate in candidates {
      let summary = candidate.summary
      lines.append(
        "| \(candidate.name) | \(candidate.arithmetic.rawValue) | "
          + "\(decimalText(candidate.bitsPerWeight, decimals: 3)) | "
          + "\(errorText(summary.velocity)) | \(errorText(summary.latents)) | "
          + "\(decimalText(summary.psnr, decimals: 1)) dB | "
          + "\(summary.ssim.map { decimalText($0, decimals: 4) } ?? "–") | **\(verdict(candidate.passes))** |"
      )
    }
    return lines
  }
}
