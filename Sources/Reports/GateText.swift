public import FidelityReports
internal import ToolKit

extension Gate {
  /// The result for a terminal: the comparison, then what got worse beyond tolerance.
  public var text: String {
    var lines = [comparison.text]
    for check in checks where !check.passes {
      lines += check.findingLines(atMost: 8).map { "\(check.candidate): \($0)" }
    }
    return (lines + [summary]).joined(separator: "\n")
  }

  /// `gate passes: 24 checks`, `gate fails: 2 of 24 checks`.
  var summary: String {
    let failing = checks.count { !$0.passes }
    return failing == 0
      ? "gate passes: \(countText(checks.count, "check"))"
      : "gate fails: \(failing) of \(countText(checks.count, "check"))"
  }

  /// The result as Markdown, such as for the summary of a CI system.
  public var markdown: String {
    var lines = ["## Fidelity gate: \(passes ? "pass" : "fail")", "", "\(summary).", ""]
    for check in checks where !check.passes {
      lines += check.findingLines(atMost: 20).map {
        "- **\(markdownText(check.candidate))**: \(markdownText($0))"
      }
    }
    if !passes { lines.append("") }
    lines += [
      "| candidate | metric | baseline | current | change | "
        + "\(confidenceText(comparison.resampling.confidence)) interval | prompts |",
      "|---|---|---:|---:|---:|---:|---:|",
    ]
    lines += comparison.rows.map {
      "| " + $0.map(markdownText).joined(separator: " | ") + " |"
    }
    let notes = comparison.notes.map { "- " + markdownText($0) }
    return (lines + (notes.isEmpty ? [] : [""] + notes)).joined(separator: "\n") + "\n"
  }
}

extension GateCheck {
  /// What got worse, a line for each; after so many lines how many there are besides.
  func findingLines(atMost limit: Int) -> [String] {
    let lines = findings.prefix(limit).map { text(of: $0) }
    let more = findings.count - lines.count
    return lines + (more > 0 ? ["\(title): and \(more) more"] : [])
  }

  /// What the check is about, for people.
  var title: String {
    switch subject {
    case .presence: "goldens"
    case .verdict: "limits"
    case .metric(let change): change.metric.title
    case .weights: "tensors"
    case .bitsPerWeight: "bits per weight"
    case .storedByteCount: "size"
    }
  }

  private func text(of finding: GateFinding) -> String {
    switch finding {
    case .candidateMissing: "the current report does not have it"
    case .goldenMissing(let id): "golden \(id): not run any more"
    case .verdict: "its limits were kept, and are not any more"
    case .worse(let change, let tolerance):
      "\(title): \(change.metric.meanText(change.baselineMean)) → "
        + "\(change.metric.meanText(change.currentMean)), \(change.changeText) "
        + "(\(change.intervalText) over \(countText(change.pairs.count, "prompt"))), "
        + "tolerance \(change.metric.toleranceText(tolerance))"
    case .unmeasured(let golden): "\(title): golden \(golden): not measured any more"
    case .undefined(let golden): "\(title): golden \(golden): not a number any more"
    case .tensorMissing(let name): "tensor \(name): not there any more"
    case .tensorWorse(let name, let measure, let change, let tolerance):
      "tensor \(name): \(measure): \(errorText(change.baseline)) → \(errorText(change.current)), "
        + "\(percentText(change.growth)), tolerance \(percentText(tolerance))"
    case .larger(let change, let tolerance):
      "\(title): \(sizes(change)), \(percentText(change.growth)), "
        + "tolerance \(percentText(tolerance))"
    }
  }

  private func sizes(_ change: Change) -> String {
    if case .storedByteCount = subject {
      return "\(sizeText(change.baseline)) → \(sizeText(change.current))"
    }
    return "\(decimalText(change.baseline, decimals: 3)) → "
      + decimalText(change.current, decimals: 3)
  }
}

/// A text on one line with what Markdown and HTML would read in it escaped.
func markdownText(_ text: String) -> String {
  var result = ""
  for character in printableLine(text) {
    if #"\`*_{}[]<>#|&~"#.contains(character) { result.append("\\") }
    result.append(character)
  }
  return result
}
