public import Fidelity
internal import MMDiT
internal import Recipes
internal import Tensors

extension Verification {
  /// The report for people who decide whether to publish: what was lost, where, and how it grows.
  public var markdown: String {
    var lines = [
      "# Fidelity", "",
      "Golden set: `\(goldenSet.path)`, computed by \(goldenSet.producer).",
      "", "| candidate | bits/weight | velocity error | latents error | latents PSNR | verdict |",
      "|---|---:|---:|---:|---:|---|",
    ]
    for candidate in candidates {
      let summary = candidate.summary
      lines.append(
        "| \(candidate.name) | \(decimalText(candidate.bitsPerWeight, decimals: 3)) | "
          + "\(errorText(summary.velocity)) | \(errorText(summary.latents)) | "
          + "\(decimalText(summary.psnr, decimals: 1)) dB | **\(verdict(candidate.passes))** |")
    }
    lines += [
      "",
      "Each figure is the worst over the goldens. *Velocity error*: ‖v − v_golden‖ / ‖v_golden‖ of "
        + "one prediction at the golden latents, the largest of all steps. *Latents*: the end of a "
        + "run of its own against the golden one; small differences grow along a run, so two good "
        + "quantizations may end in different but equally good pictures.",
    ]
    for candidate in candidates where !candidate.passes {
      lines += ["", "## \(candidate.name) fails", ""]
      lines += candidate.violations.map { "- \($0.text)" }
    }
    for candidate in candidates { lines += candidate.section }
    if !skipped.isEmpty {
      lines += ["", "## Skipped", ""]
      lines += skipped.map { "- `\($0.id)`: \($0.reason)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension CandidateFidelity {
  /// The tensors that people look at first.
  private var shownTensorCount: Int { 10 }

  fileprivate var section: [String] {
    var lines = [
      "", "## \(name)", "",
      "| golden | steps | velocity error, first to last step | drift, first to last step | "
        + "latents cosine | PSNR |",
      "|---|---:|---:|---:|---:|---:|",
    ]
    for golden in goldens {
      let velocity = golden.steps.map(\.velocityRelativeError)
      let drift = golden.steps.map(\.driftRelativeError)
      lines.append(
        "| \(golden.id) | \(golden.steps.count) | \(span(velocity)) | \(span(drift)) | "
          + "\(decimalText(golden.latents.cosineSimilarity, decimals: 5)) | "
          + "\(decimalText(golden.latents.peakSignalToNoiseDecibels, decimals: 1)) dB |")
    }
    let changed = tensorsFromTheWorst.filter { $0.metrics.relativeError != 0 }
    guard !changed.isEmpty else { return lines }
    lines += [
      "", "\(changed.count) of \(tensors.count) tensors differ from the reference; the most:", "",
      "| tensor | stored as | relative error | SNR | cosine | largest error | worst segment |",
      "|---|---|---:|---:|---:|---:|---:|",
    ]
    for tensor in changed.prefix(shownTensorCount) {
      let metrics = tensor.metrics
      lines.append(
        "| `\(tensor.name)` | \(tensor.encoding) | \(errorText(metrics.relativeError)) | "
          + "\(decimalText(metrics.signalToNoiseDecibels, decimals: 1)) dB | "
          + "\(decimalText(metrics.cosineSimilarity, decimals: 6)) | "
          + "\(errorText(metrics.maximumAbsoluteError)) | "
          + "\(errorText(tensor.worstSegment.relativeError)) |")
    }
    return lines
  }

  /// First and last of a sequence.
  private func span(_ errors: [Double]) -> String {
    guard let first = errors.first, let last = errors.last else { return "–" }
    return "\(errorText(first)) … \(errorText(last))"
  }
}
