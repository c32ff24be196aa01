internal import CKernels
internal import Scalars

/// How the factors of a product lie in memory.
///
/// A panel holds some rows of a matrix `[rows, depth]` with the lanes of one depth side by side, so
/// that the inner loop reads both factors from front to back. Panels follow each other without
/// gaps; the last one has unused lanes.
package enum Panels {
  /// The rows of the left factor in a panel: with two vectors of columns, as many sums as 32 vector
  /// registers hold beside the factors.
  package static let rows = Int(MMDIT_PANEL_ROWS)
  /// The columns of a product in a panel of the right factor.
  package static let columns = Int(MMDIT_PANEL_COLUMNS)
  /// The depth a tile is summed over at once: 16 columns' worth of panels and one panel of rows
  /// then stay in the nearest caches.
  private static let depthBlock = 512

  /// The values that `count` lanes in panels of `lanes` take.
  package static func size(of count: Int, lanes: Int, depth: Int) -> Int {
    (count + lanes - 1) / lanes * lanes * depth
  }

  /// Packs rows of a matrix `[rows, depth]`, each element times `factor`, into panels from lane
  /// `first` of `panels`.
  package static func pack(
    _ source: Span<Float>, _ place: MatrixPlace, rows: Int, depth: Int, factor: Float = 1,
    into panels: inout MutableSpan<Float>, first: Int = 0, lanes: Int
  ) {
    guard rows > 0, depth > 0 else { return }
    check(place, rows: rows, columns: depth, count: source.count)
    precondition(
      first >= 0 && size(of: first + rows, lanes: lanes, depth: depth) <= panels.count,
      "the panels have the lanes")
    unsafe source.withUnsafeBufferPointer { source in
      unsafe panels.withUnsafeMutableBufferPointer { panels in
        guard let from = source.baseAddress, let to = panels.baseAddress else { return }
        var row = 0
        while row < rows {
          let (panel, lane) = (first + row).quotientAndRemainder(dividingBy: lanes)
          let count = min(lanes - lane, rows - row)
          // Both in bounds by the checks above.
          unsafe mmdit_pack_rows(
            KernelLevel.best.rawValue, from + (place.offset + row * place.stride), place.stride,
            count, depth, factor, to + (panel * lanes * depth + lane), lanes)
          row += count
        }
      }
    }
  }

  /// Packs rows `first ..< first + rows` of a right factor `[depth, columns]`, which is not
  /// transposed, into panels of columns.
  package static func packColumns(
    _ source: Span<Float>, _ place: MatrixPlace, rows: Int, columns: Int, first: Int, depth: Int,
    into panels: inout MutableSpan<Float>
  ) {
    guard rows > 0, columns > 0 else { return }
    check(place, rows: rows, columns: columns, count: source.count)
    precondition(
      first >= 0 && first + rows <= depth
        && size(of: columns, lanes: Self.columns, depth: depth) <= panels.count,
      "the panels have the lanes")
    unsafe source.withUnsafeBufferPointer { source in
      unsafe panels.withUnsafeMutableBufferPointer { panels in
        guard let from = source.baseAddress, let to = panels.baseAddress else { return }
        for column in stride(from: 0, to: columns, by: Self.columns) {
          // Both in bounds by the checks above.
          unsafe mmdit_pack_columns(
            KernelLevel.best.rawValue, from + (place.offset + column), place.stride,
            min(Self.columns, columns - column), rows,
            to + (column * depth + first * Self.columns))
        }
      }
    }
  }

  /// Rows `[m, depth]` times columns `[n, depth]`ᵀ, both in panels: `[m, n]`, to the tile of the
  /// output with that corner.
  ///
  /// Each element is the sum over the depth in order, in runs of `depthBlock`: it depends neither
  /// on m and n nor on the element's place.
  package static func multiply(
    _ left: Span<Float>, m: Int, _ right: Span<Float>, n: Int, depth: Int,
    into output: DisjointTiles, row firstRow: Int, column firstColumn: Int
  ) {
    guard m > 0, n > 0, depth > 0 else { return }
    precondition(
      size(of: m, lanes: rows, depth: depth) <= left.count
        && size(of: n, lanes: columns, depth: depth) <= right.count,
      "the panels have the lanes")
    unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        unsafe output.withTile(
          rows: firstRow..<firstRow + m, columns: firstColumn..<firstColumn + n
        ) { c, distance in
          for k in stride(from: 0, to: depth, by: depthBlock) {
            for row in stride(from: 0, to: m, by: rows) {
              for column in stride(from: 0, to: n, by: columns) {
                // In bounds by the checks above.
                unsafe mmdit_multiply_tile(
                  KernelLevel.best.rawValue, left + (row * depth + k * rows), min(rows, m - row),
                  right + (column * depth + k * columns), min(columns, n - column),
                  min(depthBlock, depth - k), k > 0 ? 1 : 0, c + (row * distance + column),
                  distance)
              }
            }
          }
        }
      }
    }
  }
}

/// Traps unless a matrix `[rows, columns]` at that place lies inside `count` elements.
func check(_ place: MatrixPlace, rows: Int, columns: Int, count: Int) {
  precondition(
    place.offset >= 0 && rows > 0 && columns > 0 && place.stride >= columns
      && place.offset + (rows - 1) * place.stride + columns <= count,
    "the matrix lies outside its elements")
}
