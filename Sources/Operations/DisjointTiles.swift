/// A matrix, or a part of a wider one, whose elements several threads write at once, each its own
/// tiles of rows and columns.
///
/// That no two threads write the same tile is the caller's promise: with ranges of columns from
/// `forEachChunk` it holds by construction.
@safe
package struct DisjointTiles: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Float>
  private let count: Int
  private let stride: Int

  /// Lends the rows of `elements`, `columns` each, for the duration of `body`.
  package static func lend<Result>(
    _ elements: inout MutableSpan<Float>, columns: Int,
    _ body: (DisjointTiles) throws -> Result
  ) rethrows -> Result {
    precondition(columns > 0 && elements.count.isMultiple(of: columns))
    return try unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else {
        preconditionFailure("an empty matrix has no tiles to lend")
      }
      return try body(unsafe DisjointTiles(base: base, count: buffer.count, stride: columns))
    }
  }

  private init(base: UnsafeMutablePointer<Float>, count: Int, stride: Int) {
    unsafe self.base = unsafe base
    self.count = count
    self.stride = stride
  }

  /// Calls `body` with the first element of a tile and the distance between its rows.
  @unsafe
  func withTile(
    rows: Range<Int>, columns: Range<Int>,
    _ body: (UnsafeMutablePointer<Float>, _ stride: Int) -> Void
  ) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= count / stride && columns.lowerBound >= 0
        && columns.upperBound <= stride, "the tile lies in the matrix")
    // In bounds by the line above; exclusive by the promise of the type.
    unsafe body(base + (rows.lowerBound * stride + columns.lowerBound), stride)
  }
}
