internal import FidelityReports

/// The verdict of the page in one sentence.
struct Headline {
  let text: String
  /// The class of its colour: `pass`, `fail` or `open`.
  let verdictClass: String
  let candidateCount: Int
  let goldenCount: Int

  init(_ groups: [ReportGroup]) {
    let references = groups.flatMap(\.candidates).filter(\.isReference)
    let candidates = groups.flatMap(\.candidates).filter { !$0.isReference }
    let failed = candidates.filter { !$0.report.passes }
    let count = candidates.count
    candidateCount = count
    goldenCount = groups.reduce(0) { $0 + $1.goldens.count }
    if references.contains(where: { !$0.report.passes }) {
      text = "The reference itself goes beyond a limit"
      verdictClass = "fail"
    } else if !failed.isEmpty {
      text =
        count == 1
        ? "The candidate goes beyond a limit"
        : "\(failed.count) of \(count) candidates \(failed.count == 1 ? "goes" : "go") beyond a limit"
      verdictClass = "fail"
    } else if candidates.allSatisfy(\.report.thresholds.isEmpty) {
      text =
        count == 0
        ? "The reference keeps its limits"
        : "\(count) candidate\(count == 1 ? "" : "s") measured, without limits"
      verdictClass = count == 0 ? "pass" : "open"
    } else {
      text =
        count == 1 ? "The candidate keeps its limits" : "All \(count) candidates keep their limits"
      verdictClass = "pass"
    }
  }
}
