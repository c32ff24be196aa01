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
  let format: PanelFormat

  /// The queries of a head that a thread takes at a time: several panels, for each reading of the
  /// keys and values from the cache that threads share.
  private static let queryRun = 4 * Panels.rows

  /// Writes the attended values of the rows `queries`, heads side by side, to the first D columns of
  /// `output` `[N, _]`.
  ///
  /// `projected` `[N, ≥ 3D]` holds q, k, v in its first 3D columns, D = H · K each. Text rows are
  /// normed with `text`, image rows with `image`.
  ///
  /// Keys and values of all heads are packed first, 2 · N · D values. Then threads go through the runs
  /// of one head's queries before those of the next, so that its keys and values come from memory
  /// once; of the scores, those of one run are alive per thread.
  func attend(
    _ projected: Matrix, queries: Range<Int>, text: HeadNorms, image: HeadNorms,
    into output: inout Matrix, workspace: inout Workspace
  ) throws {
    let columns = output.columns
    for input in stacked.inputs {
      let heads = try PackedHeads(
        self, projected, input, text: text, image: image, workspace: &workspace)
      let runs = [(input.text, text), (input.image, image)].flatMap { part, norms in
        part.clamped(to: queries).parts(of: Self.queryRun).map { QueryRun(rows: $0, norms: norms) }
      }
      var span = output.values.mutableSpan
      try DisjointTiles.lend(&span, columns: columns) { output in
        try forEachChunk(
          of: headCount * runs.count, chunk: 1, threads: threads,
          scratch: { RunMemory(self, count: heads.count) }
        ) { memory, index in
          let (head, run) = index.lowerBound.quotientAndRemainder(dividingBy: runs.count)
          attend(
            runs[run], of: head, projected, to: heads, queries: &memory.queries,
            scores: &memory.scores, left: &memory.left, into: output)
        }
      }
      workspace.reuse(heads.panels)
    }
  }

  /// Some queries, all of text or all of image.
  private struct QueryRun {
    let rows: Range<Int>
    let norms: HeadNorms
  }

  /// What a thread needs for the queries of a run, and leaves to the next one.
  private struct RunMemory {
    var queries: [Float]
    /// Of each query with each of the keys.
    var scores: [Float]
    /// In panels: queries, then weights.
    var left: [Float]

    init(_ attention: Attention, count: Int) {
      queries = unclearedValues(queryRun * attention.headSize)
      scores = unclearedValues(queryRun * count)
      left = unclearedValues(
        Panels.size(
          of: queryRun, lanes: Panels.rows, depth: max(attention.headSize, count),
          attention.format))
    }
  }

  /// One head of a run of queries, to the columns of that head.
  private func attend(
    _ run: QueryRun, of head: Int, _ projected: Matrix, to heads: PackedHeads,
    queries: inout [Float], scores: inout [Float], left: inout [Float], into result: DisjointTiles
  ) {
    let (rows, count) = (run.rows.count, heads.count)
    let scale = 1 / Float(headSize).squareRoot()
    prepare(run.rows, projected, column: head * headSize, run.norms.query, into: &queries)
    var left = left.mutableSpan
    Panels.pack(
      queries.span, MatrixPlace(stride: headSize), rows: rows, depth: headSize, factor: scale,
      in: format, into: &left, lanes: Panels.rows)
    var scores = scores.mutableSpan
    DisjointTiles.lend(&scores, columns: count) { scores in
      Panels.multiply(
        left.span, m: rows, heads.keys(of: head), n: count, depth: headSize, in: format,
        into: scores, row: 0, column: 0)
    }
    for row in 0..<rows { softmax(&scores, row * count..<(row + 1) * count) }
    Panels.pack(
      scores.span, MatrixPlace(stride: count), rows: rows, depth: count, in: format,
      into: &left, lanes: Panels.rows)
    Panels.multiply(
      left.span, m: rows, heads.values(of: head), n: headSize, depth: count, in: format,
      into: result, row: run.rows.lowerBound, column: head * headSize)
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
