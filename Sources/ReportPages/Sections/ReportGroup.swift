internal import FidelityReports

/// Reports on the same golden set, whose candidates stand side by side.
struct ReportGroup {
  let goldenSet: ReportGoldenSet
  /// Where the figures were computed, each place once.
  private(set) var environments: [ReportEnvironment] = []
  private(set) var candidates: [PageCandidate] = []
  /// Each golden that some report skipped, once for each reason.
  private(set) var skipped: [SkippedReport] = []

  /// The candidates that charts show: all but the references, unless there is nothing else.
  var drawn: [PageCandidate] { candidates.filter { $0.style != nil } }

  /// The ids of all goldens with their prompts, in the order of the first report that has them.
  var goldens: [(id: String, prompt: String)] {
    var seen: Set<String> = []
    return candidates.flatMap(\.report.goldens)
      .filter { seen.insert($0.id).inserted }.map { ($0.id, $0.prompt) }
  }

  /// Groups reports by the SHA-256 of their golden sets, in order of appearance, and numbers the
  /// candidates of the whole page, whose names become different.
  static func grouped(_ reports: [(report: FidelityReport, folder: String)]) -> [ReportGroup] {
    var groups: [ReportGroup] = []
    var names: Set<String> = []
    var nextStyle = 0
    for (report, folder) in reports {
      let index =
        groups.firstIndex { $0.goldenSet.sha256 == report.goldenSet.sha256 } ?? groups.count
      if index == groups.count { groups.append(ReportGroup(goldenSet: report.goldenSet)) }
      groups[index].add(report, folder: folder, names: &names, nextStyle: &nextStyle)
    }
    return groups
  }

  private mutating func add(
    _ report: FidelityReport, folder: String, names: inout Set<String>, nextStyle: inout Int
  ) {
    if !environments.contains(report.environment) { environments.append(report.environment) }
    for skip in report.skipped where !skipped.contains(skip) { skipped.append(skip) }
    for (place, candidate) in report.candidates.enumerated() {
      let isReference = place == 0
      // The reference of the next report, which found the same, says nothing new.
      if isReference, candidates.contains(where: { $0.isReference && $0.report == candidate }) {
        continue
      }
      let name = candidate.nameWithArithmetic
      var label = name
      var count = 1
      while !names.insert(label).inserted {
        count += 1
        label = "\(name) (\(count))"
      }
      let isDrawn = !isReference || report.candidates.count == 1
      candidates.append(
        PageCandidate(
          report: candidate, folder: folder,
          label: label,
          isReference: isReference, style: isDrawn ? SeriesStyle(index: nextStyle) : nil))
      if isDrawn { nextStyle += 1 }
    }
  }
}
