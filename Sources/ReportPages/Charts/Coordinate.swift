/// A place in a drawing, in tenths of a unit, as SVG reads it. Places are far below 2^53.
package func coordinate(_ place: Double) -> String {
  let tenths = Int((place * 10).rounded())
  let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
  return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
}
