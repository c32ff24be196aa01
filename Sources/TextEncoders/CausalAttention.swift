internal import Families
internal import Operations
internal import Parallel

/// Attention of each token to itself and to those before it in its prompt, except to padding.
///
/// softmax(q · kᵀ / √K) · v in each query head; H / G neighbouring query heads share the keys and
/// values of one head. A token that may attend to nothing gets 0.
struct CausalAttention: Sendable {
  let stacked: StackedPrompts
  let headCount: Int
  let keyValueHeadCount: Int
  let headSize: Int
  let threads: Int

  /// The queries whose scores `[queryRun, L]` are alive at once, per thread.
  private static let queryRun = 4 * Panels.rows

  /// The keys times 1 / √K, transposed, and the values of one head in one prompt.
  private struct PackedHead: Sendable {
    let keys: PackedFactor
    let values: PackedFactor
  }

  init(_ configuration: DecoderConfiguration, _ stacked: StackedPrompts, threads: Int) {
    self.stacked = stacked
    self.threads = threads
    headCount = configuration.headCount
    keyValueHeadCount = configuration.keyValueHeadCount
    headSize = configuration.headSize
  }

  /// Writes the attended values `[N, H · K]`, heads side by side.
  ///
  /// `projected` `[N, (H + 2G) · K]` holds queries, keys and values side by side, the first two
  /// with their positions.
  func attend(_ projected: Matrix, into output: inout Matrix) throws {
    let heads = try packedHeads(projected)
    // A run of queries writes whole rows of the output, so that runs share nothing.
    let runs = stacked.runs(of: Self.queryRun)
    let columns = output.columns
    var span = output.values.mutableSpan
    try DisjointRows.lend(&span, columns: columns) { rows in
      try forEachChunk(of: runs.count, chunk: 1, threads: threads) { range in
        for (prompt, positions) in runs[range] {
          let first = stacked.prompts[prompt].lowerBound
          rows.withRows(first + positions.lowerBound..<first + positions.upperBound) { output in
            attend(positions, of: prompt, projected, heads, into: &output)
          }
        }
      }
    }
  }

  /// Keys and values of all heads of the first prompt, of the second, and so on.
  private func packedHeads(_ projected: Matrix) throws -> [PackedHead] {
    let count = stacked.prompts.count * keyValueHeadCount
    let scale = 1 / Float(headSize).squareRoot()
    return try mapChunks(of: count, chunk: 1, threads: threads) { chunk in
      let (prompt, head) = chunk.lowerBound.quotientAndRemainder(dividingBy: keyValueHeadCount)
      let rows = stacked.prompts[prompt]
      let keys = MatrixPlace(
        offset: rows.lowerBound * projected.columns + (headCount + head) * headSize,
        stride: projected.columns)
      let values = MatrixPlace(
        offset: keys.offset + keyValueHeadCount * headSize, stride: keys.stride)
      return PackedHead(
        keys: try PackedFactor(
          transposed: projected.values, keys, columns: rows.count, depth: headSize, factor: scale,
          threads: 1),
        values: try PackedFactor(
          projected.values, values, depth: rows.count, columns: headSize, threads: 1))
    }
  }

  /// All heads of some queries of one prompt: result `[positions, H · K]`.
  private func attend(
    _ positions: Range<Int>, of prompt: Int, _ projected: Matrix, _ heads: [PackedHead],
    into result: inout MutableSpan<Float>
  ) {
    let stride = projected.columns
    let first = (stacked.prompts[prompt].lowerBound + positions.lowerBound) * stride
    // Keys behind the last query are never seen.
    let keyCount = positions.upperBound
    let scorePlace = MatrixPlace(stride: keyCount)
    var scores = [Float](repeating: 0, count: positions.count * keyCount)
    var span = scores.mutableSpan
    for head in 0..<headCount {
      let shared = head / (headCount / keyValueHeadCount)
      let packed = heads[prompt * keyValueHeadCount + shared]
      packed.keys.multiply(
        projected.values.span, MatrixPlace(offset: first + head * headSize, stride: stride),
        m: positions.count, n: keyCount, into: &span, scorePlace)
      for (row, position) in positions.enumerated() {
        weigh(&span, row * keyCount..<(row + 1) * keyCount, position: position, prompt: prompt)
      }
      packed.values.multiply(
        span.span, scorePlace, m: positions.count, k: keyCount, into: &result,
        MatrixPlace(offset: head * headSize, stride: headCount * headSize))
    }
  }

  /// Turns the scores of one query into weights, in place.
  private func weigh(
    _ scores: inout MutableSpan<Float>, _ range: Range<Int>, position: Int, prompt: Int
  ) {
    let mask = stacked.masks[prompt]
    var isAlone = true
    for key in 0..<range.count {
      if key <= position, mask[key] {
        isAlone = false
      } else {
        scores[range.lowerBound + key] = -.infinity
      }
    }
    guard !isAlone else {
      for index in range { scores[index] = 0 }
      return
    }
    softmax(&scores, range)
  }
}
