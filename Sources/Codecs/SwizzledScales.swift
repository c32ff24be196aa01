/// Scales of blocks in the order in which matrix units of GPUs read them: tiles of 128 rows and 4
/// columns, in a tile the rows 32 apart beside each other.
///
/// Scale (row, column) of `[rows, columns]`, both filled up to whole tiles with zeros, stands at
/// ((row / 128 · tilesPerRow + column / 4) · 32 + row mod 32) · 16 + (row mod 128) / 32 · 4 + column mod 4.
///
/// Source: the 128×4 layout of block scaling factors in the manual of cuBLAS.
struct SwizzledScales {
  /// The rows of a tile: what is coded together.
  static let tileRows = 128
  let tilesPerRow: Int

  /// Of a matrix with so many scales in a row.
  init(columns: Int) { tilesPerRow = (columns + 3) / 4 }

  /// The columns that are stored.
  var paddedColumns: Int { 4 * tilesPerRow }

  /// The rows that are stored.
  static func paddedRows(_ rows: Int) -> Int { (rows + tileRows - 1) / tileRows * tileRows }

  /// Where a scale stands, rows counted from the first of a tile.
  func offset(row: Int, column: Int) -> Int {
    let tile = row / Self.tileRows * tilesPerRow + column / 4
    return (tile * 32 + row % 32) * 16 + row % Self.tileRows / 32 * 4 + column % 4
  }
}
