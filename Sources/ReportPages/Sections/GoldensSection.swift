internal import FidelityReports

/// For each candidate the table of its goldens.
struct GoldensSection {
  struct Candidate {
    let name: String
    let colorClass: String
    let rows: [Row]
  }

  struct Row {
    let id: String
    let prompt: String
    let stepCount: TableCell
    let cells: [TableCell]
  }

  let headings: [String]
  let candidates: [Candidate]

  /// Nil when no golden was run.
  init?(_ group: ReportGroup) {
    let metrics = PageMetric.all.filter { metric in
      group.candidates.contains { metric.spread($0.report.goldens) != nil }
    }
    guard !metrics.isEmpty else { return nil }
    headings = metrics.map(\.heading)
    candidates = group.candidates.map { candidate in
      Candidate(
        name: candidate.label, colorClass: candidate.colorClass,
        rows: candidate.report.goldens.map { golden in
          Row(
            id: golden.id, prompt: golden.prompt,
            stepCount: TableCell(Double(golden.steps.count), text: "\(golden.steps.count)"),
            cells: metrics.map { metric in
              metric.value(golden).map { TableCell($0, text: metric.text($0)) } ?? .empty
            })
        })
    }
  }
}
