internal import FidelityReports
internal import ToolKit

/// The charts of a group: size against error, and errors along the runs.
struct ChartsSection {
  /// A button of the legend.
  struct Key {
    let name: String
    let index: Int
    let colorClass: String
    let marker: String
  }

  /// A golden that can be chosen.
  struct Choice {
    let index: Int
    let id: String
  }

  let keys: [Key]
  let choices: [Choice]
  let figures: [ChartFigure]

  /// Nil when nothing can be drawn.
  init?(_ group: ReportGroup, id: String) {
    let goldens = group.goldens.map(\.id)
    figures = [
      Self.sizeFigure(group, PageMetric.velocity, isLogarithmic: true, id: "\(id)-size"),
      Self.sizeFigure(group, PageMetric.flip, isLogarithmic: false, id: "\(id)-flip"),
      Self.runFigure(
        group, RunCurve.drift, goldens: goldens, title: "Drift along the run",
        note: "Error of the latents of the candidate's own run after each step, "
          + "‖x − x*‖ / ‖x*‖.", id: "\(id)-drift"),
      Self.runFigure(
        group, RunCurve.velocity, goldens: goldens, title: "Velocity error of each step",
        note: "Error of one prediction at the golden latents, ‖v − v*‖ / ‖v*‖.",
        id: "\(id)-steps"),
    ].compactMap { $0 }
    guard !figures.isEmpty else { return nil }
    keys = group.drawn.compactMap { candidate in
      candidate.style.map {
        Key(
          name: candidate.label, index: $0.index, colorClass: $0.colorClass,
          marker: $0.marker(x: 7, y: 7))
      }
    }
    choices = goldens.enumerated().map { Choice(index: $0.offset, id: $0.element) }
  }

  /// Bytes of the weights against the median of a figure; nil when no candidate has it.
  private static func sizeFigure(
    _ group: ReportGroup, _ metric: PageMetric, isLogarithmic: Bool, id: String
  ) -> ChartFigure? {
    let points = group.drawn.compactMap { candidate -> ScatterChart.Point? in
      guard let style = candidate.style, let spread = metric.spread(candidate.report.goldens)
      else { return nil }
      let bytes = candidate.report.storedByteCount
      return ScatterChart.Point(
        name: candidate.label, style: style, x: Double(bytes), y: spread.median,
        description: "\(candidate.label): \(byteCountText(bytes)), "
          + "\(metric.name) \(metric.text(spread.median))")
    }
    guard
      let x = Axis.fitting(
        points.map(\.x), title: "size of the weights", tickCount: 6,
        text: { byteCountText(Int(min(max($0, 0), 9e18))) }),
      let y = Axis.fitting(
        points.map(\.y), title: metric.name, isLogarithmic: isLogarithmic)
    else { return nil }
    let chart = ScatterChart(frame: ChartFrame(x: x, y: y), points: points)
    let shown = points.filter { x.shows($0.x) && y.shows($0.y) }.count
    return ChartFigure(
      title: "Size against \(metric.name)",
      note: "Median over the goldens; lower left is better."
        + omission(points.count - shown, "candidates"),
      drawing: chart.svg(
        id: id,
        summary: "Size against \(metric.name): "
          + points.map(\.description).joined(separator: "; ")))
  }

  /// Medians with bands for all, and lines of single goldens to choose.
  private static func runFigure(
    _ group: ReportGroup, _ curve: ([GoldenReport]) -> RunCurve, goldens: [String],
    title: String, note: String, id: String
  ) -> ChartFigure? {
    var lines: [LineChart.Line] = []
    for candidate in group.drawn {
      guard let style = candidate.style else { continue }
      let curve = curve(candidate.report.goldens)
      let median = curve.median
      lines.append(
        LineChart.Line(
          name: "\(candidate.label), median over the goldens", style: style,
          points: median.map { .init(x: $0.progress, y: $0.middle) },
          band: median.map { ($0.progress, $0.low, $0.high) }))
      for (id, places) in curve.goldens {
        lines.append(
          LineChart.Line(
            name: "\(candidate.label), \(id)", style: style,
            points: places.map { .init(x: $0.progress, y: $0.value) },
            golden: goldens.firstIndex(of: id)))
      }
    }
    let values = lines.flatMap(\.points).map(\.y)
    guard let y = Axis.fitting(values, title: "relative error", isLogarithmic: true) else {
      return nil
    }
    let frame = ChartFrame(x: .fraction(title: "part of the run"), y: y)
    let left = lines.filter { $0.golden != nil }.flatMap(\.points).filter { !y.shows($0.y) }.count
    let ends = group.drawn.map { candidate in
      let last = curve(candidate.report.goldens).median.last
      return "\(candidate.label) ends at \(errorText(last?.middle ?? .nan))"
    }
    return ChartFigure(
      title: title,
      note: "\(note) Line: median over the goldens; band: the middle half."
        + omission(left, "steps"),
      drawing: LineChart(frame: frame, lines: lines).svg(
        id: id, summary: "\(title): \(ends.joined(separator: "; "))"))
  }

  private static func omission(_ count: Int, _ what: String) -> String {
    count == 0
      ? "" : " \(count) \(what) whose figure is zero or not finite have no place on the axis."
  }
}

/// A drawing with its texts.
struct ChartFigure {
  let title: String
  let note: String
  /// SVG.
  let drawing: String
}
