internal import Operations

/// The large intermediate results of a pass, whose memory the next of them uses again: fresh memory
/// would be cleared by the system page by page.
struct Workspace: Sendable {
  private var free: [[Float]]

  /// Memory for results of so many values, one of each at once.
  init(_ counts: [Int]) { free = counts.map(unclearedValues) }

  /// Any values, in the smallest memory that holds so many: whoever takes them writes all of them.
  mutating func values(_ count: Int) -> [Float] {
    let fitting = free.indices.filter { free[$0].capacity >= count }
    guard let index = fitting.min(by: { free[$0].capacity < free[$1].capacity }) else {
      return unclearedValues(count)
    }
    var values = free.remove(at: index)
    if values.count > count { values.removeLast(values.count - count) }
    values.append(contentsOf: repeatElement(0, count: count - values.count))
    return values
  }

  /// A matrix of such values.
  mutating func matrix(rows: Int, columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: values(rows * columns))
  }

  /// Takes back values that are no longer needed.
  mutating func reuse(_ values: consuming [Float]) { free.append(values) }

  /// Takes back a matrix.
  mutating func reuse(_ matrix: consuming Matrix) { reuse(matrix.values) }
}
