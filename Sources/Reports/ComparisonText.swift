public import FidelityReports
internal import Operations
internal import ToolKit

extension Comparison {
  /// The comparison for a terminal: a line for each metric of each candidate.
  public var text: String {
    var table = TextTable([
      .text("candidate"), .text("metric"), .number("baseline"), .number("current"),
      .number("change"), .number("\(confidenceText(resampling.confidence)) interval"),
      .number("prompts"),
    ])
    for row in rows { table.append(row) }
    return ([table.text] + notes).joined(separator: "\n")
  }

  /// The cells of the table, for a terminal and for Markdown.
  var rows: [[String]] {
    candidates.flatMap { candidate in
      candidate.metrics.map { change in
        let metric = change.metric
        let isResampled = change.interval?.isBootstrapped ?? true
        return [
          candidate.name, metric.title, metric.meanText(change.baselineMean),
          metric.meanText(change.currentMean), change.changeText,
          change.intervalText + (isResampled ? "" : " *"), "\(change.pairs.count)",
        ]
      } + candidate.plainRows
    }
  }

  /// What the table does not say.
  var notes: [String] {
    var notes: [String] = []
    let isShort = candidates.contains { candidate in
      candidate.metrics.contains { $0.interval?.isBootstrapped == false }
    }
    if isShort {
      notes.append(
        "* fewer than \(fewestResampledValues) prompts: the smallest and the largest change")
    }
    if !hasSameGoldens {
      notes.append("The golden sets differ: equal ids may mean different runs.")
    }
    notes += missingCandidates.map { "\($0): only in the baseline" }
    notes += newCandidates.map { "\($0): only in the current report" }
    for candidate in candidates where candidate.baselineArithmetic != candidate.currentArithmetic {
      notes.append(
        "\(candidate.name): other arithmetic: \(candidate.baselineArithmetic.rawValue) in the "
          + "baseline, \(candidate.currentArithmetic.rawValue) in the current report")
    }
    for candidate in candidates {
      notes += candidate.missingGoldens.map {
        "\(candidate.name): golden \($0): only in the baseline"
      }
      notes += candidate.newGoldens.map {
        "\(candidate.name): golden \($0): only in the current report"
      }
    }
    return notes
  }
}

extension CandidateChange {
  /// What no prompt changes: the worst tensor, the size, the verdict.
  fileprivate var plainRows: [[String]] {
    func row(_ title: String, _ baseline: String, _ current: String, _ change: String) -> [String] {
      [name, title, baseline, current, change, "", ""]
    }
    var rows: [[String]] = []
    if let worst = worstTensor {
      rows.append(
        row(
          "worst tensor error", errorText(worst.baseline), errorText(worst.current),
          percentText(worst.growth)))
    }
    rows.append(
      row(
        "bits per weight", decimalText(bitsPerWeight.baseline, decimals: 3),
        decimalText(bitsPerWeight.current, decimals: 3), percentText(bitsPerWeight.growth)))
    rows.append(
      row(
        "size", sizeText(storedByteCount.baseline), sizeText(storedByteCount.current),
        percentText(storedByteCount.growth)))
    if passed != passes {
      rows.append(row("verdict", passed ? "pass" : "fail", passes ? "pass" : "fail", ""))
    }
    return rows
  }

  /// The largest error of a tensor in each report.
  private var worstTensor: Change? {
    guard !tensors.isEmpty else { return nil }
    func largest(_ errors: [Double]) -> Double {
      errors.contains(where: \.isNaN) ? .nan : errors.reduce(0, max)
    }
    return Change(
      baseline: largest(tensors.map(\.relativeError.baseline)),
      current: largest(tensors.map(\.relativeError.current)))
  }
}

/// A number of bytes that a Double holds.
func sizeText(_ byteCount: Double) -> String {
  Int(exactly: byteCount.rounded()).map { byteCountText($0) } ?? "–"
}
