/// Rows of a source tensor that become consecutive rows of a target tensor; of a vector, a row is an
/// element.
public struct RowRun: Hashable, Sendable {
  /// The tensor's name in the source.
  public let source: String
  public let rows: Range<Int>

  public init(source: String, rows: Range<Int>) {
    self.source = source
    self.rows = rows
  }
}

extension [RowRun] {
  /// The number of rows of all runs together.
  public var rowCount: Int { reduce(0) { $0 + $1.rows.count } }

  /// The runs of some of the rows that these runs make up.
  public func extracting(_ wanted: Range<Int>) -> [RowRun] {
    var first = 0
    return compactMap { run in
      let covered = first..<first + run.rows.count
      first = covered.upperBound
      let common = wanted.clamped(to: covered)
      guard !common.isEmpty else { return nil }
      let shift = run.rows.lowerBound - covered.lowerBound
      return RowRun(
        source: run.source, rows: common.lowerBound + shift..<common.upperBound + shift)
    }
  }

  /// The same rows with runs joined where one goes on where the other ends.
  var joined: [RowRun] {
    reduce(into: []) { joined, run in
      if let last = joined.last, last.source == run.source,
        last.rows.upperBound == run.rows.lowerBound
      {
        joined[joined.count - 1] = RowRun(
          source: run.source, rows: last.rows.lowerBound..<run.rows.upperBound)
      } else {
        joined.append(run)
      }
    }
  }
}
