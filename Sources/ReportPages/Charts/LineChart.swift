/// Lines over a common axis, one for each candidate, with bands around them and, hidden until they
/// are chosen, lines of single goldens.
package struct LineChart {
  package struct Point: Hashable {
    let x: Double
    let y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  package struct Line {
    let name: String
    let style: SeriesStyle
    let points: [Point]
    /// The golden it belongs to, as the page numbers it; nil for the line over all.
    let golden: Int?
    /// For each place a lower and an upper number.
    let band: [(x: Double, low: Double, high: Double)]
    /// Whether its points have markers, with what they say.
    let pointTexts: [String]

    package init(
      name: String, style: SeriesStyle, points: [Point], golden: Int? = nil,
      band: [(x: Double, low: Double, high: Double)] = [], pointTexts: [String] = []
    ) {
      self.name = name
      self.style = style
      self.points = points
      self.golden = golden
      self.band = band
      self.pointTexts = pointTexts
    }
  }

  let frame: ChartFrame
  let lines: [Line]

  package init(frame: ChartFrame, lines: [Line]) {
    self.frame = frame
    self.lines = lines
  }

  /// The drawing. A point without a place on the axes interrupts its line.
  package func svg(id: String, summary: String) -> String {
    let bands = lines.map { line in
      group(line, content: outline(of: line.band))
    }
    let strokes = lines.map { line in
      group(line, content: stroke(line) + markers(line))
    }
    return frame.drawing(
      id: id, summary: summary, content: (bands + strokes).joined())
  }

  private func group(_ line: Line, content: String) -> String {
    guard !content.isEmpty else { return "" }
    let golden = line.golden.map { " data-golden=\"\($0)\" hidden=\"\"" } ?? " data-golden=\"all\""
    return
      "<g class=\"line \(line.style.colorClass)\" data-series=\"\(line.style.index)\"\(golden)>"
      + "\(content)</g>"
  }

  private func stroke(_ line: Line) -> String {
    var path = ""
    var isInterrupted = true
    for point in line.points {
      guard frame.shows(point.x, point.y) else {
        isInterrupted = true
        continue
      }
      path += (isInterrupted ? "M" : "L") + text(frame.position(point.x, point.y))
      isInterrupted = false
    }
    guard !path.isEmpty else { return "" }
    let dash = line.style.dash == "none" ? "" : " stroke-dasharray=\"\(line.style.dash)\""
    return "<path d=\"\(path)\"\(dash)><title>\(markup(line.name))</title></path>"
  }

  private func markers(_ line: Line) -> String {
    zip(line.points, line.pointTexts).filter { point, _ in frame.shows(point.x, point.y) }
      .map { point, description in
        let place = frame.position(point.x, point.y)
        return "<g class=\"mark\"><title>\(markup(description))</title>"
          + line.style.marker(x: place.x, y: place.y) + "</g>"
      }.joined()
  }

  /// There along the upper numbers, back along the lower.
  private func outline(of band: [(x: Double, low: Double, high: Double)]) -> String {
    let shown = band.filter { frame.shows($0.x, $0.low) && frame.shows($0.x, $0.high) }
    guard shown.count > 1 else { return "" }
    let there = shown.map { text(frame.position($0.x, $0.high)) }
    let back = shown.reversed().map { text(frame.position($0.x, $0.low)) }
    return "<path class=\"band\" d=\"M\((there + back).joined(separator: "L"))Z\"/>"
  }

  private func text(_ place: (x: Double, y: Double)) -> String {
    "\(coordinate(place.x)) \(coordinate(place.y))"
  }
}
