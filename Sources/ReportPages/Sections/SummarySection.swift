internal import FidelityReports
internal import Operations
internal import ToolKit

/// The table with a line for each candidate.
struct SummarySection {
  struct Row {
    let name: String
    let recipe: String?
    /// What its products were computed in; nil for float32.
    let arithmetic: String?
    let colorClass: String
    let isReference: Bool
    let verdict: Badge
    let cells: [TableCell]
  }

  let headings: [String]
  let rows: [Row]

  /// Columns of which no candidate has a figure are left out.
  init(_ group: ReportGroup) {
    let metrics = PageMetric.all.filter { metric in
      group.candidates.contains { metric.spread($0.report.goldens) != nil }
    }
    headings = ["Bits per weight", "Size"] + metrics.map(\.heading)
    rows = group.candidates.map { candidate in
      let report = candidate.report
      return Row(
        name: candidate.label, recipe: report.recipe,
        arithmetic: report.arithmetic == .float32 ? nil : report.arithmetic.rawValue,
        colorClass: candidate.colorClass, isReference: candidate.isReference,
        verdict: Badge(report),
        cells: [
          TableCell(report.bitsPerWeight, text: decimalText(report.bitsPerWeight, decimals: 2)),
          TableCell(Double(report.storedByteCount), text: byteCountText(report.storedByteCount)),
        ]
          + metrics.map { metric in
            guard let spread = metric.spread(report.goldens) else { return .empty }
            return TableCell(
              spread.median, text: metric.text(spread.median), small: metric.text(spread.worst))
          })
    }
  }
}

/// A cell of a table that can be sorted.
struct TableCell {
  /// What the script sorts by; empty sorts last.
  let key: String
  let text: String
  /// A second line.
  let small: String?

  init(_ number: Double, text: String, small: String? = nil) {
    self.key = sortKey(number)
    self.text = text
    self.small = small
  }

  /// A cell for which there is no figure.
  static let empty = TableCell(.nan, text: "–")
}

/// A verdict, in a word and a sign, which do not need their colour.
struct Badge {
  let verdictClass: String
  let sign: String
  let word: String

  init(_ report: CandidateReport) {
    if !report.passes {
      (verdictClass, sign, word) = ("fail", "✗", "fails")
    } else if report.thresholds.isEmpty {
      (verdictClass, sign, word) = ("open", "○", "no limits")
    } else {
      (verdictClass, sign, word) = ("pass", "✓", "passes")
    }
  }
}
