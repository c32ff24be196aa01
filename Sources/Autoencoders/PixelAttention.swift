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
  private static let queryBlock = 8 * Panels.rows

  /// Replaces x `[P, C]` by the output.
  ///
  /// Peak memory beside x: 5 · P · C + threads · 112 · P values.
  package func apply(to x: inout FeatureMap, work: Work) throws {
    let (queries, keys, values) = try factors(of: x, work: work)
    let attended = try attend(queries, keys, values, work: work)
    try output.add(attended, to: &x.pixels, work: work)
  }

  /// Queries `[P, C]`, keys `[P, C]` times 1 / √C, transposed, and values `[P, C]`.
  private func factors(
    of x: FeatureMap, work: Work
  ) throws -> (queries: Matrix, keys: PackedFactor, values: PackedFactor) {
    let normed = try norm.affine(of: x, work: work)(x, work: work)
    let (count, channels) = (normed.rows, normed.columns)
    let place = MatrixPlace(stride: channels)
    let keys = try PackedFactor(
      transposed: key(normed, work: work).values, place, columns: count, depth: channels,
      factor: 1 / Float(channels).squareRoot(), threads: work.threads)
    let values = try PackedFactor(
      value(normed, work: work).values, place, depth: count, columns: channels,
      threads: work.threads)
    return (try query(normed, work: work), keys, values)
  }

  /// softmax(q · kᵀ / √C) · v `[P, C]`.
  private func attend(
    _ queries: Matrix, _ keys: PackedFactor, _ values: PackedFactor, work: Work
  ) throws -> Matrix {
    let (count, channels) = (queries.rows, queries.columns)
    let (place, scorePlace) = (MatrixPlace(stride: channels), MatrixPlace(stride: count))
    var result = Matrix(rows: count, columns: channels)
    var span = result.values.mutableSpan
    try DisjointRows.lend(&span, columns: channels) { rows in
      try work.forEachTile(
        of: count, size: Self.queryBlock,
        scratch: { [Float](repeating: 0, count: Self.queryBlock * count) }
      ) { scores, range in
        var scoreSpan = scores.mutableSpan
        keys.multiply(
          queries.values.span,
          MatrixPlace(offset: range.lowerBound * channels, stride: channels), m: range.count,
          into: &scoreSpan, scorePlace)
        for row in 0..<range.count { softmax(&scoreSpan, row * count..<(row + 1) * count) }
        rows.withRows(range) { output in
          values.multiply(scoreSpan.span, scorePlace, m: range.count, into: &output, place)
        }
      }
    }
    return result
  }
}
