internal import Operations
internal import Parallel

/// The RMS-norm scales of queries and keys, `[K]` each.
struct HeadNorms: Sendable {
  let query: [Float]
  let key: [Float]
}

/// Joint attention: within each input, every token attends to all text and image tokens.
///
/// Queries and keys are RMS-normed per head, then rotated; softmax(q · kᵀ / √K) · v, no mask.
struct Attention: Sendable {
  let stacked: StackedTokens
  let rotary: RotaryEmbedding
  let headCount: Int
  let headSize: Int
  let epsilon: Float
  let threads: Int
  /// Of both products; not int8, since the values that weights are multiplied with have no scale.
  let arithmetic: Arithmetic

  /// The queries that a thread takes through all heads at a time: several panels, so that the keys
  /// and values of a head stay in its caches.
  private static let queryRun = 4 * Panels.rows

  /// Writes the attended values of the rows `queries`, heads side by side, to the first D columns of
  /// `output` `[N, _]`.
  ///
  /// `projected` `[N, ≥ 3D]` holds q, k, v in its first 3D columns, D = H · K each. Text rows are
  /// normed with `text`, image rows with `image`.
  ///
  /// Keys and values of all heads are packed first, 2 · N · D values. Then each run of queries goes
  /// through its input's heads; of the scores, one panel of rows is alive per thread.
  func attend(
    _ projected: Matrix, queries: Range<Int>, text: HeadNorms, image: HeadNorms,
    into output: inout Matrix, workspace: inout Workspace
  ) throws {
    let columns = output.columns
    for input in stacked.inputs {
      let heads = try PackedHeads(
        self, projected, input, text: text, image: image, workspace: &workspace)
      var span = output.values.mutableSpan
      try DisjointRows.lend(&span, columns: columns) { rows in
        for (part, norms) in [(input.text, text), (input.image, image)] {
          let part = part.clamped(to: queries)
          try forEachChunk(of: part.count, chunk: Self.queryRun, threads: threads) { run in
            let run = part.lowerBound + run.lowerBound..<part.lowerBound + run.upperBound
            rows.withRows(run) { output in
              DisjointTiles.lend(&output, columns: columns) { output in
                attend(run, projected, norms, to: heads, into: output)
              }
            }
          }
        }
      }
      workspace.reuse(heads.panels)
    }
  }

  /// All heads of a run of queries: result `[run, D]`.
  private func attend(
    _ run: Range<Int>, _ projected: Matrix, _ norms: HeadNorms, to heads: PackedHeads,
    into result: DisjointTiles
  ) {
    let count = heads.count
    var queries = [Float](repeating: 0, count: Panels.rows * headSize)
    var scores = [Float](repeating: 0, count: Panels.rows * count)
    // Queries, then weights.
    var left = [Float](
      repeating: 0,
      count: Panels.size(
        of: Panels.rows, lanes: Panels.rows, depth: max(headSize, count), arithmetic))
    let scale = 1 / Float(headSize).squareRoot()
    for head in 0..<headCount {
      for first in stride(from: run.lowerBound, to: run.upperBound, by: Panels.rows) {
        let rows = first..<min(first + Panels.rows, run.upperBound)
        prepare(rows, projected, column: head * headSize, norms.query, into: &queries)
        var leftSpan = left.mutableSpan
        let querySpan = queries.span
        Panels.pack(
          querySpan, MatrixPlace(stride: headSize), rows: rows.count, depth: headSize,
          factor: scale, in: arithmetic, into: &leftSpan, lanes: Panels.rows)
        var scoreSpan = scores.mutableSpan
        DisjointTiles.lend(&scoreSpan, columns: count) { scores in
          Panels.multiply(
            leftSpan.span, m: rows.count, heads.keys(of: head), n: count, depth: headSize,
            in: arithmetic, into: scores, row: 0, column: 0)
        }
        for row in 0..<rows.count { softmax(&scoreSpan, row * count..<(row + 1) * count) }
        Panels.pack(
          scoreSpan.span, MatrixPlace(stride: count), rows: rows.count, depth: count,
          in: arithmetic, into: &leftSpan, lanes: Panels.rows)
        Panels.multiply(
          leftSpan.span, m: rows.count, heads.values(of: head), n: headSize, depth: count,
          in: arithmetic, into: result, row: first - run.lowerBound, column: head * headSize)
      }
    }
  }

  /// Some rows of one head of queries or keys, RMS-normed and rotated: `[rows, K]`.
  func prepare(
    _ rows: Range<Int>, _ projected: Matrix, column: Int, _ scale: [Float],
    into vectors: inout [Float]
  ) {
    let source = projected.values.span
    var span = vectors.mutableSpan
    for (index, row) in rows.enumerated() {
      normalizeRootMeanSquare(
        source, at: row * projected.columns + column, scale: scale, epsilon: epsilon, into: &span,
        at: index * headSize)
      rotary.rotate(&span, at: index * headSize, row: row)
    }
  }
}
