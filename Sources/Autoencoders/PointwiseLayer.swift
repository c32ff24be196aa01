package import Operations
internal import Parallel

/// A linear layer of each pixel's channels, which is a convolution of 1 × 1: y = x · wᵀ + bias.
package struct PointwiseLayer: Sendable {
  /// `[outputs, inputs]`.
  package let weights: Matrix
  /// `[outputs]`.
  package let biases: [Float]

  package init(weights: Matrix, biases: [Float]) {
    precondition(weights.rows == biases.count, "each output has a bias")
    self.weights = weights
    self.biases = biases
  }

  var inputs: Int { weights.columns }
  var outputs: Int { weights.rows }

  /// Ten times the rows of the widest tile of sums.
  private static let tilePixels = 10 * Panels.rows

  /// y `[pixels, outputs]` of x `[pixels, inputs]`.
  package func callAsFunction(_ x: Matrix, work: Work) throws -> Matrix {
    var result = Matrix(rows: x.rows, columns: outputs)
    try add(x, to: &result, work: work)
    return result
  }

  /// Adds y to `target` `[pixels, outputs]`.
  package func add(_ x: Matrix, to target: inout Matrix, work: Work) throws {
    precondition(x.columns == inputs, "the layer's inputs are the columns of x")
    precondition(target.rows == x.rows && target.columns == outputs, "each output has a place")
    let factor = try packed(work)
    var span = target.values.mutableSpan
    try DisjointRows.lend(&span, columns: outputs) { rows in
      try work.forEachTile(of: x.rows, size: Self.tilePixels) { range in
        rows.withRows(range) { output in
          addBiases(to: &output, rows: range.count)
          factor.multiply(
            x.values.span, MatrixPlace(offset: range.lowerBound * inputs, stride: inputs),
            m: range.count, adding: true, into: &output, MatrixPlace(stride: outputs))
        }
      }
    }
  }

  /// Writes y over the first `outputs` columns of x `[pixels, inputs]`, outputs ≤ inputs, and
  /// leaves the columns after them as they are.
  ///
  /// It spares a second map of the size of y beside x.
  package func replaceFirstColumns(of x: inout Matrix, work: Work) throws {
    precondition(x.columns == inputs && outputs <= inputs, "the outputs fit where the inputs are")
    let rowCount = x.rows
    let factor = try packed(work)
    var span = x.values.mutableSpan
    try DisjointRows.lend(&span, columns: inputs) { rows in
      try work.forEachTile(of: rowCount, size: Self.tilePixels) { range in
        rows.withRows(range) { tile in
          var result = [Float](repeating: 0, count: range.count * outputs)
          var output = result.mutableSpan
          addBiases(to: &output, rows: range.count)
          factor.multiply(
            tile.span, MatrixPlace(stride: inputs), m: range.count, adding: true, into: &output,
            MatrixPlace(stride: outputs))
          for row in 0..<range.count {
            copyRun(
              of: outputs, from: output.span, at: row * outputs, to: &tile, at: row * inputs)
          }
        }
      }
    }
  }

  private func packed(_ work: Work) throws -> PackedFactor {
    try PackedFactor(
      transposed: weights.values, MatrixPlace(stride: inputs), columns: outputs, depth: inputs,
      threads: work.threads)
  }

  private func addBiases(to output: inout MutableSpan<Float>, rows: Int) {
    for row in 0..<rows {
      for column in 0..<outputs { output[row * outputs + column] += biases[column] }
    }
  }
}
