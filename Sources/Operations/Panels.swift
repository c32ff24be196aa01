internal import CKernels
package import Tensors

/// How the factors of a product lie in memory.
///
/// A panel holds some rows of a matrix `[rows, depth]` in words of four bytes, one number of float32,
/// two of bfloat16, four of int8, the lanes of one word side by side, so that the inner loop reads
/// both factors from front to back. Panels follow each other without gaps; the last one has unused
/// lanes. Words are kept in arrays of Float, whatever they hold.
package enum Panels {
  /// The rows of the left factor in a panel: with two vectors of columns, as many sums as 32 vector
  /// registers hold beside the factors.
  package static let rows = Int(MMDIT_PANEL_ROWS)
  /// The columns of a product in a panel of the right factor.
  package static let columns = Int(MMDIT_PANEL_COLUMNS)
  /// The instructions of the tiles.
  private static let level = mmdit_best_product_level()

  /// The words that `count` lanes in panels of `lanes` take.
  package static func size(
    of count: Int, lanes: Int, depth: Int, _ format: PanelFormat = .float32
  ) -> Int {
    (count + lanes - 1) / lanes * lanes * format.words(depth: depth)
  }

  /// Packs rows of a matrix `[rows, depth]`, each element times `factor`, into panels from lane
  /// `first` of `panels`.
  package static func pack(
    _ source: Span<Float>, _ place: MatrixPlace, rows: Int, depth: Int, factor: Float = 1,
    in format: PanelFormat = .float32, into panels: inout MutableSpan<Float>, first: Int = 0,
    lanes: Int
  ) {
    guard rows > 0, depth > 0 else { return }
    check(place, rows: rows, columns: depth, count: source.count)
    precondition(format != .widenedBFloat16, "those are packed from numbers of bfloat16")
    precondition(
      first >= 0 && size(of: first + rows, lanes: lanes, depth: depth, format) <= panels.count,
      "the panels have the lanes")
    let words = format.words(depth: depth)
    unsafe source.withUnsafeBufferPointer { source in
      unsafe panels.withUnsafeMutableBufferPointer { panels in
        guard let from = source.baseAddress, let to = panels.baseAddress else { return }
        forEachPanel(of: rows, first: first, lanes: lanes) { row, count, panel, lane in
          // Both in bounds by the checks above.
          unsafe mmdit_pack_rows(
            level, format.code, from + (place.offset + row * place.stride), place.stride,
            count, depth, factor, to + (panel * lanes * words + lane), lanes)
        }
      }
    }
  }

  /// Packs rows `[rows, depth]` as a file codes them; `scales` are those of rows `[rows, groups]`.
  ///
  /// Those of `widenedBFloat16` begin at the first lane of a panel of columns.
  package static func packCodes(
    _ codes: RawSpan, _ coding: RowCoding, scales: Span<Float>, rows: Int, depth: Int,
    in format: PanelFormat, into panels: inout MutableSpan<Float>, first: Int = 0, lanes: Int
  ) {
    guard rows > 0, depth > 0 else { return }
    precondition(format.takes(coding), "\(format) has no use for \(coding)")
    let stride = coding.byteCount(columns: depth)
    let groups = coding.scaleCount(columns: depth)
    precondition(
      codes.byteCount == rows * stride && scales.count == rows * groups,
      "codes and scales are those of the rows")
    precondition(
      first >= 0
        && Self.size(of: first + rows, lanes: lanes, depth: depth, format) <= panels.count,
      "the panels have the lanes")
    precondition(
      format != .widenedBFloat16 || lanes == columns && first.isMultiple(of: columns),
      "panels of two halves are packed as a whole")
    let words = format.words(depth: depth)
    unsafe codes.withUnsafeBytes { codes in
      unsafe scales.withUnsafeBufferPointer { scales in
        unsafe panels.withUnsafeMutableBufferPointer { panels in
          guard let from = codes.baseAddress, let to = panels.baseAddress else { return }
          forEachPanel(of: rows, first: first, lanes: lanes) { row, count, panel, lane in
            // All in bounds by the checks above; bfloat16 has no scales and reads none.
            let codes = unsafe from + row * stride
            let scales = unsafe scales.baseAddress.map { unsafe $0 + row * groups }
            let place = unsafe to + (panel * lanes * words + lane)
            func pack(_ numbers: Int) {
              unsafe mmdit_pack_codes(
                level, format.code, mmdit_format(numbers), codes, depth, count, depth, scales,
                place, lanes)
            }
            switch coding {
            case .bfloat16: pack(MMDIT_BFLOAT16)
            case .int8: pack(MMDIT_INT8)
            case .int4(let group):
              unsafe mmdit_pack_nibbles(
                level, format.code, codes, count, depth, group, scales, place, lanes)
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the rows of each panel: the first, how many, the panel and the lane of the
  /// first.
  private static func forEachPanel(
    of rows: Int, first: Int, lanes: Int,
    _ body: (_ row: Int, _ count: Int, _ panel: Int, _ lane: Int) -> Void
  ) {
    var row = 0
    while row < rows {
      let (panel, lane) = (first + row).quotientAndRemainder(dividingBy: lanes)
      let count = min(lanes - lane, rows - row)
      body(row, count, panel, lane)
      row += count
    }
  }

  /// Packs a right factor `[depth, columns]`, which is not transposed, into panels of columns.
  ///
  /// In float32 or bfloat16: the scales of int8 are those of rows.
  package static func packColumns(
    _ source: Span<Float>, _ place: MatrixPlace, depth: Int, columns: Int,
    in format: PanelFormat = .float32, into panels: inout MutableSpan<Float>
  ) {
    guard depth > 0, columns > 0 else { return }
    check(place, rows: depth, columns: columns, count: source.count)
    precondition(
      format == .float32 || format == .bfloat16, "the columns of a matrix have no scales")
    precondition(
      size(of: columns, lanes: Self.columns, depth: depth, format) <= panels.count,
      "the panels have the lanes")
    let words = format.words(depth: depth)
    unsafe source.withUnsafeBufferPointer { source in
      unsafe panels.withUnsafeMutableBufferPointer { panels in
        guard let from = source.baseAddress, let to = panels.baseAddress else { return }
        for column in stride(from: 0, to: columns, by: Self.columns) {
          // Both in bounds by the checks above.
          unsafe mmdit_pack_columns(
            level, format.code, from + (place.offset + column), place.stride,
            min(Self.columns, columns - column), depth, to + column * words)
        }
      }
    }
  }

  /// Rows `[m, depth]` times columns `[n, depth]`ᵀ, both in panels: `[m, n]`, to the tile of the
  /// output with that corner. `format` is that of the columns, the rows have its `left`.
  ///
  /// Each element is the sum over the depth in an order that depends neither on m and n nor on the
  /// element's place.
  package static func multiply(
    _ left: Span<Float>, m: Int, _ right: Span<Float>, n: Int, depth: Int,
    in format: PanelFormat = .float32, into output: DisjointTiles, row firstRow: Int,
    column firstColumn: Int
  ) {
    guard m > 0, n > 0, depth > 0 else { return }
    precondition(
      size(of: m, lanes: rows, depth: depth, format.left) <= left.count
        && size(of: n, lanes: columns, depth: depth, format) <= right.count,
      "the panels have the lanes")
    unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        unsafe output.withTile(
          rows: firstRow..<firstRow + m, columns: firstColumn..<firstColumn + n
        ) { c, distance in
          // In bounds by the checks above.
          unsafe mmdit_multiply(
            level, format.code, left, m, right, n, depth, c, distance)
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
