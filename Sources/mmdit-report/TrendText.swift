internal import FidelityReports
internal import Operations
internal import ReportHistory
internal import Reports
internal import StrictJSON
internal import ToolKit

/// The trend for a terminal: a line for each run, with bars as long as the values are large.
func trendText(_ lines: [TrendLine], of metric: TrendMetric) -> String {
  var table = TextTable([
    .text("candidate"), .text("run"), .text("added"), .number(metric.title), .text(""),
    .text("verdict"),
  ])
  var hasOtherGoldens = false
  for line in lines {
    let largest = line.points.map(\.value).filter(\.isFinite).max() ?? 0
    var previous: TrendPoint?
    for point in line.points {
      let isOther = previous.map { $0.goldenSHA256 != point.goldenSHA256 } ?? false
      hasOtherGoldens = hasOtherGoldens || isOther
      table.append([
        line.arithmetic.qualified(line.candidate), point.label + (isOther ? " *" : ""),
        point.addedAt.day,
        metric.text(point.value), bar(point.value, of: largest), point.passes ? "pass" : "fail",
      ])
      previous = point
    }
  }
  let note =
    hasOtherGoldens ? "* from here on another golden set: means before it are not comparable" : ""
  return [table.text, note].filter { !$0.isEmpty }.joined(separator: "\n")
}

/// The trend for machines; described in formats/history.md. Numbers that are undefined are null.
func trendDocument(_ lines: [TrendLine], of metric: TrendMetric) -> JSONValue {
  [
    "format": "mmdit-trend", "version": 1, "metric": .init(metric.name),
    "lines": .array(
      lines.map { line in
        [
          "candidate": .init(line.candidate), "arithmetic": .init(line.arithmetic.rawValue),
          "points": .array(
            line.points.map { point in
              [
                "label": .init(point.label), "added_at": .init(point.addedAt.description),
                "value": .init(point.value), "verdict": .init(point.passes ? "pass" : "fail"),
                "golden_set_sha256": .init(point.goldenSHA256),
              ]
            }),
        ]
      }),
  ]
}

extension TrendMetric {
  /// The heading of its column.
  fileprivate var title: String {
    switch self {
    case .mean(let metric): metric.title
    case .bitsPerWeight: "bits/weight"
    case .storedByteCount: "size"
    case .weightError: "worst tensor"
    }
  }

  fileprivate func text(_ value: Double) -> String {
    switch self {
    case .mean(let metric): metric.meanText(value)
    case .bitsPerWeight: decimalText(value, decimals: 3)
    case .storedByteCount:
      Int(exactly: value.rounded()).map { byteCountText($0) } ?? "–"
    case .weightError: errorText(value)
    }
  }
}

/// A bar of up to 16 characters in eighths of one: blocks of Unicode, empty for what has no length.
private func bar(_ value: Double, of largest: Double) -> String {
  guard value.isFinite, value > 0, largest > 0 else { return "" }
  let eighths = max(1, Int((value / largest * 16 * 8).rounded()))
  let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
  return String(repeating: "█", count: eighths / 8) + rest
}
