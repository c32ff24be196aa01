/// One mark for each candidate, with its name beside it where there is room.
package struct ScatterChart {
  package struct Point {
    let name: String
    let style: SeriesStyle
    package let x: Double
    package let y: Double
    /// What a pointer over the mark, and a reader of the drawing, is told.
    let description: String

    package init(name: String, style: SeriesStyle, x: Double, y: Double, description: String) {
      self.name = name
      self.style = style
      self.x = x
      self.y = y
      self.description = description
    }
  }

  let frame: ChartFrame
  let points: [Point]

  package init(frame: ChartFrame, points: [Point]) {
    self.frame = frame
    self.points = points
  }

  /// The drawing; points without a place on the axes are left out.
  package func svg(id: String, summary: String) -> String {
    let shown = points.filter { frame.shows($0.x, $0.y) }
    var taken = shown.map { point in
      let place = frame.position(point.x, point.y)
      return Box(x: place.x - 6, y: place.y - 6, width: 12, height: 12)
    }
    var content = ""
    for point in shown {
      let place = frame.position(point.x, point.y)
      content +=
        "<g class=\"mark \(point.style.colorClass)\" data-series=\"\(point.style.index)\">"
        + "<title>\(markup(point.description))</title>"
        + point.style.marker(x: place.x, y: place.y)
      let names = [shortened(point.name, to: 22), shortened(point.name, to: 12)]
      let labels = names.lazy.compactMap { name in
        label(name, at: place, avoiding: taken).map { (name, $0) }
      }
      if let (name, label) = labels.first {
        taken.append(label.box)
        content +=
          "<text x=\"\(coordinate(label.x))\" y=\"\(coordinate(label.y))\" "
          + "text-anchor=\"\(label.anchor)\">\(markup(name))</text>"
      }
      content += "</g>"
    }
    return frame.drawing(id: id, summary: summary, content: content)
  }

  /// Where a name lies: right of the mark, else left, above, below or at a corner; nil where all are
  /// taken.
  private func label(
    _ name: String, at place: (x: Double, y: Double), avoiding taken: [Box]
  ) -> (x: Double, y: Double, anchor: String, box: Box)? {
    // No character of a sans-serif text of 12 units is much wider on average; wide scripts are.
    let width = name.unicodeScalars.reduce(0) { $0 + ($1.value < 0x1100 ? 6.9 : 13) }
    let choices = [
      (place.x + 9, place.y + 4, "start", place.x + 9),
      (place.x - 9, place.y + 4, "end", place.x - 9 - width),
      (place.x, place.y - 10, "middle", place.x - width / 2),
      (place.x, place.y + 19, "middle", place.x - width / 2),
      (place.x + 5, place.y - 8, "start", place.x + 5),
      (place.x + 5, place.y + 16, "start", place.x + 5),
      (place.x - 5, place.y - 8, "end", place.x - 5 - width),
      (place.x - 5, place.y + 16, "end", place.x - 5 - width),
    ]
    for (x, y, anchor, left) in choices {
      let box = Box(x: left, y: y - 11, width: width, height: 14)
      let isInside =
        box.x >= frame.horizontalRange.lowerBound
        && box.x + width <= frame.horizontalRange.upperBound
        && box.y >= frame.verticalRange.lowerBound - 8
        && box.y + box.height <= frame.verticalRange.upperBound
      if isInside, !taken.contains(where: box.overlaps) { return (x, y, anchor, box) }
    }
    return nil
  }
}

/// A rectangle of a drawing.
private struct Box {
  let x: Double
  let y: Double
  let width: Double
  let height: Double

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height
      && other.y < y + height
  }
}
