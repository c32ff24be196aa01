/// The rectangle, grid and axes of a chart, and where numbers lie in it.
///
/// Units are those of the drawing, 420 wide, which a phone shows a little smaller than they are and
/// a desktop a little larger; text is 12 units high.
package struct ChartFrame {
  static let width = 420.0
  static let height = 290.0

  let x: Axis
  let y: Axis

  package init(x: Axis, y: Axis) {
    self.x = x
    self.y = y
  }

  private let left = 54.0
  private let right = 408.0
  private let top = 24.0
  private let bottom = 244.0

  var horizontalRange: ClosedRange<Double> { left...right }
  var verticalRange: ClosedRange<Double> { top...bottom }

  func position(_ a: Double, _ b: Double) -> (x: Double, y: Double) {
    (left + (right - left) * x.place(of: a), bottom - (bottom - top) * y.place(of: b))
  }

  func shows(_ a: Double, _ b: Double) -> Bool { x.shows(a) && y.shows(b) }

  /// The drawing around `content`; a reader that does not see it is told `summary`.
  func drawing(id: String, summary: String, content: String) -> String {
    "<svg viewBox=\"0 0 420 290\" role=\"img\" aria-labelledby=\"\(id)-t\">"
      + "<title id=\"\(id)-t\">\(markup(summary))</title>" + grid + content + "</svg>"
  }

  /// Lines and texts of the ticks, and the axes' titles: that of y stands above, as people read it.
  private var grid: String {
    var text = "<g class=\"grid\" aria-hidden=\"true\">"
    for tick in y.ticks {
      let place = bottom - (bottom - top) * y.place(of: tick.value)
      text +=
        "<path d=\"M54 \(coordinate(place))H408\"/>"
        + "<text x=\"48\" y=\"\(coordinate(place + 4))\" text-anchor=\"end\">"
        + "\(markup(tick.text))</text>"
    }
    for tick in x.ticks {
      let place = left + (right - left) * x.place(of: tick.value)
      let anchor = place > right - 14 ? "end" : "middle"
      text +=
        "<path class=\"tick\" d=\"M\(coordinate(place)) 244v4\"/>"
        + "<text x=\"\(coordinate(anchor == "end" ? right : place))\" y=\"262\" "
        + "text-anchor=\"\(anchor)\">\(markup(tick.text))</text>"
    }
    return text + "<path class=\"axis\" d=\"M54 244H408\"/>"
      + "<text class=\"title\" x=\"4\" y=\"12\">\(markup(y.title))</text>"
      + "<text class=\"title\" x=\"408\" y=\"283\" text-anchor=\"end\">\(markup(x.title))</text></g>"
  }
}
