internal import Operations
internal import Parallel

/// Attention of every pixel to all pixels, with one head: x + out(softmax(q · kᵀ / √C) · v), where q,
/// k and v are pointwise layers of norm(x).
package struct PixelAttention: Sendable {
  let norm: GroupNorm
  let query: PointwiseLayer
  let key: PointwiseLayer
  let value: PointwiseLayer
  let output: PointwiseLayer

  package init(
    norm: GroupNorm, query: PointwiseLayer, key: PointwiseLayer, value: PointwiseLayer,
    output: PointwiseLayer
  ) {
    self.norm = norm
    self.query = query
    self.key = key
    self.value = value
    self.output = output
  }

  /// The queries whose scores `[queryBlock, P]` are alive at once, per thread.
  private static let queryBlock = 128

  /// Replaces x `[P, C]` by the output.
  ///
  /// Peak memory beside x: 5 · P · C + threads · 128 · P values.
  package func apply(to x: inout FeatureMap, work: Work) throws {
    let attended: Matrix = try {
      let normed = try norm.affine(of: x, work: work)(x, work: work)
      return try attend(
        query(normed, work: work), key(normed, work: work), value(normed, work: work), work: work)
    }()
    let change = try output(attended, work: work)
    let channels = x.channels
    var span = x.pixels.values.mutableSpan
    try DisjointRows.lend(&span, columns: channels) { rows in
      try work.forEachTile(of: change.rows, size: 512) { range in
        rows.withRows(range) { x in
          let first = range.lowerBound * channels
          for index in 0..<x.count { x[index] += change.values[first + index] }
        }
      }
    }
  }

  /// softmax(q · kᵀ / √C) · v, all `[P, C]`.
  private func attend(
    _ queries: Matrix, _ keys: Matrix, _ values: Matrix, work: Work
  ) throws -> Matrix {
    let (count, channels) = (queries.rows, queries.columns)
    let place = MatrixPlace(stride: channels)
    let scale = 1 / Float(channels).squareRoot()
    var result = Matrix(rows: count, columns: channels)
    var span = result.values.mutableSpan
    try DisjointRows.lend(&span, columns: channels) { rows in
      try work.forEachTile(of: count, size: Self.queryBlock) { range in
        var scores = [Float](repeating: 0, count: range.count * count)
        var scoreSpan = scores.mutableSpan
        multiply(
          queries.values.span,
          MatrixPlace(offset: range.lowerBound * channels, stride: channels),
          transposed: keys.values.span, place, into: &scoreSpan, MatrixPlace(stride: count),
          m: range.count, n: count, k: channels, scale: scale)
        for row in 0..<range.count { softmax(&scoreSpan, row * count..<(row + 1) * count) }
        rows.withRows(range) { output in
          multiply(
            scoreSpan.span, MatrixPlace(stride: count), values.values.span, place,
            into: &output, place, m: range.count, n: channels, k: count)
        }
      }
    }
    return result
  }
}
