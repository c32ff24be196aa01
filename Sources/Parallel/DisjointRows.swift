/// A matrix `[rows, columns]` whose rows several threads write at once, each its own.
///
/// Spans are exclusive, so they cannot be shared among the threads of `forEachChunk`; this hands
/// out the spans of disjoint row ranges. That no two threads ask for the same row is the caller's
/// promise: with ranges from `forEachChunk` it holds by construction.
@safe
public struct DisjointRows<Element: BitwiseCopyable>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Element>
  private let columns: Int
  private let rows: Int

  /// Lends the rows of `elements` for the duration of `body`.
  public static func lend<Result>(
    _ elements: inout MutableSpan<Element>, columns: Int,
    _ body: (DisjointRows) throws -> Result
  ) rethrows -> Result {
    precondition(columns > 0 && elements.count.isMultiple(of: columns))
    return try unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else {
        preconditionFailure("an empty matrix has no rows to lend")
      }
      return try body(
        unsafe DisjointRows(base: base, columns: columns, rows: buffer.count / columns))
    }
  }

  private init(base: UnsafeMutablePointer<Element>, columns: Int, rows: Int) {
    unsafe self.base = unsafe base
    self.columns = columns
    self.rows = rows
  }

  /// Calls `body` with the elements of those rows.
  public func withRows<Result>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows)
    // In bounds by the line above; exclusive by the promise of the type.
    var span = unsafe MutableSpan(
      _unsafeStart: base + range.lowerBound * columns, count: range.count * columns)
    return try body(&span)
  }
}
