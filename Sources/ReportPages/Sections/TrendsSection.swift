internal import ToolKit

/// How figures went from run to run: a chart for each metric.
struct TrendsSection {
  let figures: [ChartFigure]
  let keys: [ChartsSection.Key]

  /// Candidates that the page knows keep their colours. Nil when there is nothing to draw.
  init?(_ trends: [TrendSeries], groups: [ReportGroup]) {
    var styles: [String: SeriesStyle] = [:]
    for candidate in groups.flatMap(\.candidates) {
      if let style = candidate.style { styles[candidate.label] = style }
    }
    var next = styles.count
    var names: [String] = []
    for series in trends where !names.contains(series.candidate) {
      names.append(series.candidate)
      if styles[series.candidate] == nil {
        styles[series.candidate] = SeriesStyle(index: next)
        next += 1
      }
    }
    var metrics: [String] = []
    for series in trends where !metrics.contains(series.metric) { metrics.append(series.metric) }
    let known = styles
    figures = metrics.enumerated().compactMap { index, metric in
      Self.figure(
        metric, trends.filter { $0.metric == metric }, styles: known, id: "trend-\(index)")
    }
    guard !figures.isEmpty else { return nil }
    keys = names.compactMap { name in
      known[name].map {
        ChartsSection.Key(
          name: name, index: $0.index, colorClass: $0.colorClass, marker: $0.marker(x: 7, y: 7))
      }
    }
  }

  private static func figure(
    _ metric: String, _ trends: [TrendSeries], styles: [String: SeriesStyle], id: String
  ) -> ChartFigure? {
    // The longest series gives the order; what others have besides comes behind.
    var labels: [String] = []
    for series in trends.sorted(by: { $0.points.count > $1.points.count }) {
      for point in series.points where !labels.contains(point.label) {
        labels.append(point.label)
      }
    }
    let places = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, Double($0)) })
    let lines = trends.compactMap { series -> LineChart.Line? in
      guard let style = styles[series.candidate] else { return nil }
      let points = series.points.filter(\.value.isFinite)
      return LineChart.Line(
        name: series.candidate, style: style,
        points: points.map { .init(x: places[$0.label] ?? 0, y: $0.value) },
        pointTexts: points.map { "\(series.candidate), \($0.label): \(errorText($0.value))" })
    }
    guard let y = Axis.fitting(lines.flatMap(\.points).map(\.y), title: "") else { return nil }
    let frame = ChartFrame(x: .labels(labels, title: "run"), y: y)
    let ends = lines.compactMap { line in
      line.points.last.map { "\(line.name) is at \(errorText($0.y))" }
    }
    return ChartFigure(
      title: metric, note: "\(labels.count) run\(labels.count == 1 ? "" : "s").",
      drawing: LineChart(frame: frame, lines: lines).svg(
        id: id, summary: "\(metric): \(ends.joined(separator: "; "))"))
  }
}
