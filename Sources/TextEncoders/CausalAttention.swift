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
  private static let queryRun = 64

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
    // A run of queries writes whole rows of the output, so that runs share nothing.
    let runs = stacked.runs(of: Self.queryRun)
    let columns = output.columns
    var span = output.values.mutableSpan
    try DisjointRows.lend(&span, columns: columns) { rows in
      try forEachChunk(of: runs.count, chunk: 1, threads: threads) { range in
        for (prompt, positions) in runs[range] {
          let first = stacked.prompts[prompt].lowerBound
          rows.withRows(first + positions.lowerBound..<first + positions.upperBound) { output in
            attend(positions, of: prompt, projected, into: &output)
          }
        }
      }
    }
  }

  /// All heads of some queries of one prompt: result `[positions, H · K]`.
  private func attend(
    _ positions: Range<Int>, of prompt: Int, _ projected: Matrix,
    into result: inout MutableSpan<Float>
  ) {
    let stride = projected.columns
    let first = stacked.prompts[prompt].lowerBound * stride
    // Keys behind the last query are never seen.
    let keyCount = positions.upperBound
    let keyColumns = headCount * headSize
    let valueColumns = keyColumns + keyValueHeadCount * headSize
    let scale = 1 / Float(headSize).squareRoot()
    var scores = [Float](repeating: 0, count: positions.count * keyCount)
    for head in 0..<headCount {
      let shared = head / (headCount / keyValueHeadCount) * headSize
      var span = scores.mutableSpan
      multiply(
        projected.values.span,
        MatrixPlace(
          offset: first + positions.lowerBound * stride + head * headSize, stride: stride),
        transposed: projected.values.span,
        MatrixPlace(offset: first + keyColumns + shared, stride: stride),
        into: &span, MatrixPlace(stride: keyCount),
        m: positions.count, n: keyCount, k: headSize, scale: scale)
      for (row, position) in positions.enumerated() {
        weigh(&span, row * keyCount..<(row + 1) * keyCount, position: position, prompt: prompt)
      }
      multiply(
        scores.span, MatrixPlace(stride: keyCount),
        projected.values.span,
        MatrixPlace(offset: first + valueColumns + shared, stride: stride),
        into: &result, MatrixPlace(offset: head * headSize, stride: headCount * headSize),
        m: positions.count, n: headSize, k: keyCount)
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
