internal import FidelityReports
internal import ToolKit

/// Every limit that is not kept.
struct ViolationsSection {
  struct Row {
    let candidate: String
    let colorClass: String
    let subject: String
    let limit: String
    let allowed: TableCell
    let found: TableCell
    let place: String?
  }

  let rows: [Row]
  /// How many lines there would be beyond those shown, in words; nil when all are.
  let omission: String?

  /// A candidate that fails in everything fails in every tensor: so many lines say enough of it.
  private static let rowsPerCandidate = 20

  /// Nil when every limit is kept.
  init?(_ group: ReportGroup) {
    rows = group.candidates.flatMap { candidate in
      candidate.report.violations.prefix(Self.rowsPerCandidate).map { violation in
        Row(
          candidate: candidate.label, colorClass: candidate.colorClass,
          subject: violation.subject, limit: violation.limit,
          allowed: TableCell(violation.allowed, text: errorText(violation.allowed)),
          found: TableCell(violation.found, text: errorText(violation.found)),
          place: violation.place)
      }
    }
    guard !rows.isEmpty else { return nil }
    let count = group.candidates.reduce(0) { $0 + $1.report.violations.count }
    omission =
      count == rows.count
      ? nil
      : "\(count - rows.count) more are in the report: at most \(Self.rowsPerCandidate) of a "
        + "candidate are shown."
  }
}
