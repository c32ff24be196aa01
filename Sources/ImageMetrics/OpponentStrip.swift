internal import Images

/// Some rows of a picture in YCxCz, with a margin on all four sides in which the border is repeated.
///
/// Planes are `[rows + 2 margin][width + 2 margin]`.
struct OpponentStrip {
  let margin: Int
  let rowCount: Int
  let y: [[Double]]
  let cx: [[Double]]
  let cz: [[Double]]

  init(_ image: Image, rows: Range<Int>, margin: Int, space: FLIPColorSpace) {
    self.margin = margin
    rowCount = rows.count
    var planes: [[[Double]]] = [[], [], []]
    for row in rows.lowerBound - margin..<rows.upperBound + margin {
      let start = min(max(row, 0), image.height - 1) * image.width
      var lines = [[Double]](
        repeating: [Double](repeating: 0, count: image.width + 2 * margin), count: 3)
      for x in 0..<image.width + 2 * margin {
        let pixel = (start + min(max(x - margin, 0), image.width - 1)) * 3
        let color = space.opponent(
          red: image.pixels[pixel], green: image.pixels[pixel + 1], blue: image.pixels[pixel + 2])
        lines[0][x] = color.0
        lines[1][x] = color.1
        lines[2][x] = color.2
      }
      for channel in 0..<3 { planes[channel].append(lines[channel]) }
    }
    y = planes[0]
    cx = planes[1]
    cz = planes[2]
  }

  /// A plane under windows along rows and columns, without the margin: `rowCount` lines.
  ///
  /// Both windows have one radius, which is at most the margin.
  func convolved(_ plane: [[Double]], along row: [Double], down column: [Double]) -> [[Double]] {
    let inset = margin - row.count / 2
    let lines = plane[inset..<plane.count - inset].map { line in
      filtered(Array(line[inset..<line.count - inset]), row)
    }
    return (0..<rowCount).map { weightedSum(lines, from: $0, column) }
  }
}
