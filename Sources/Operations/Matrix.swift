/// A float32 matrix `[rows, columns]`, row-major: activations of the network, one row per token.
package struct Matrix: Sendable {
  package let rows: Int
  package let columns: Int
  package var values: [Float]

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: [Float](repeating: 0, count: rows * columns))
  }

  package init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "a matrix holds rows × columns values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The values of consecutive rows.
  package func values(ofRows range: Range<Int>) -> ArraySlice<Float> {
    values[range.lowerBound * columns..<range.upperBound * columns]
  }
}
