/// How a series looks: one of seven colours that people with any colour vision tell apart (Okabe
/// and Ito, without the yellow that white paper swallows), and with each round of them another dash
/// and another marker, so that forty series are still forty looks.
package struct SeriesStyle: Hashable {
  static let colorCount = 7

  /// The series' number: that of its candidate on the whole page.
  package let index: Int

  package init(index: Int) { self.index = index }

  /// The class of the style sheet that sets the colour.
  package var colorClass: String { "s\(index % Self.colorCount)" }

  /// The value of `stroke-dasharray`.
  package var dash: String { ["none", "6 3", "2 3", "8 3 2 3", "12 4", "1 2"][round % 6] }

  /// A marker of about nine units around a place.
  package func marker(x: Double, y: Double) -> String {
    let (a, b) = (coordinate(x), coordinate(y))
    switch round % 4 {
    case 0: return "<circle cx=\"\(a)\" cy=\"\(b)\" r=\"4.5\"/>"
    case 1:
      return "<rect x=\"\(coordinate(x - 4))\" y=\"\(coordinate(y - 4))\" "
        + "width=\"8\" height=\"8\"/>"
    case 2: return path(x, y, "m0 -6l6 6l-6 6l-6 -6z")
    default: return path(x, y, "m0 -6l5.5 10h-11z")
    }
  }

  private var round: Int { index / Self.colorCount }

  private func path(_ x: Double, _ y: Double, _ outline: String) -> String {
    "<path d=\"M\(coordinate(x)) \(coordinate(y))\(outline)\"/>"
  }
}
