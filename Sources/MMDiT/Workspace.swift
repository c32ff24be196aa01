internal import Operations

/// The large intermediate results of a pass, whose memory the next block uses again: fresh memory
/// would be cleared by the system page by page.
struct Workspace: Sendable {
  private var free: [[Float]] = []

  /// Values that were given back, or any others: whoever takes them writes all of them, so that the
  /// threads that do so are the first to touch fresh memory.
  mutating func values(_ count: Int) -> [Float] {
    guard let index = free.firstIndex(where: { $0.count == count }) else {
      // Every bit pattern is a Float.
      return unsafe [Float](unsafeUninitializedCapacity: count) { _, initializedCount in
        initializedCount = count
      }
    }
    return free.remove(at: index)
  }

  /// A matrix of such values.
  mutating func matrix(rows: Int, columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: values(rows * columns))
  }

  /// Takes back values that are no longer needed.
  mutating func reuse(_ values: consuming [Float]) { free.append(values) }

  /// Takes back a matrix.
  mutating func reuse(_ matrix: consuming Matrix) { reuse(matrix.values) }

  /// Gives the memory back to the system.
  mutating func clear() { free = [] }
}
