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

  /// The queries whose scores `[queryBlock, S]` are alive at once, per thread.
  private static let queryBlock = 256

  /// Writes the attended values, heads side by side, to the first D columns of `output` `[N, _]`.
  ///
  /// `projected` `[N, ≥ 3D]` holds q, k, v in its first 3D columns, D = H · K each. Text rows are
  /// normed with `text`, image rows with `image`.
  func attend(
    _ projected: Matrix, text: HeadNorms, image: HeadNorms, into output: inout Matrix
  ) throws {
    // One task per input and head; its results [S, K] are consecutive rows of `heads`.
    var heads = Matrix(rows: stacked.count * headCount, columns: headSize)
    let starts = stacked.inputs.indices.map { index in
      stacked.inputs[..<index].reduce(0) { $0 + $1.count } * headCount
    }
    var span = heads.values.mutableSpan
    try DisjointRows.lend(&span, columns: headSize) { rows in
      try forEachChunk(of: stacked.inputs.count * headCount, chunk: 1, threads: threads) { tasks in
        for task in tasks {
          let (index, head) = task.quotientAndRemainder(dividingBy: headCount)
          let input = stacked.inputs[index]
          let first = starts[index] + head * input.count
          rows.withRows(first..<first + input.count) { result in
            attend(
              head: head, of: input, projected, text: text, image: image, into: &result)
          }
        }
      }
    }
    try joinHeads(heads, starts: starts, into: &output)
  }

  /// One head of one input: result `[S, K]`.
  private func attend(
    head: Int, of input: StackedTokens.Rows, _ projected: Matrix, text: HeadNorms,
    image: HeadNorms, into result: inout MutableSpan<Float>
  ) {
    let (count, width) = (input.count, headCount * headSize)
    // [S, K] each.
    var queries = gather(projected, input, column: head * headSize)
    var keys = gather(projected, input, column: width + head * headSize)
    let values = gather(projected, input, column: 2 * width + head * headSize)
    prepare(&queries, input, text: text.query, image: image.query)
    prepare(&keys, input, text: text.key, image: image.key)

    let place = MatrixPlace(stride: headSize)
    let scale = 1 / Float(headSize).squareRoot()
    var scores = [Float](repeating: 0, count: min(Self.queryBlock, count) * count)
    for first in stride(from: 0, to: count, by: Self.queryBlock) {
      let rows = min(Self.queryBlock, count - first)
      let block = MatrixPlace(offset: first * headSize, stride: headSize)
      var span = scores.mutableSpan
      multiply(
        queries.span, block, transposed: keys.span, place, into: &span, MatrixPlace(stride: count),
        m: rows, n: count, k: headSize, scale: scale)
      for row in 0..<rows { softmax(&span, row * count..<(row + 1) * count) }
      multiply(
        scores.span, MatrixPlace(stride: count), values.span, place, into: &result, block,
        m: rows, n: headSize, k: count)
    }
  }

  /// The K columns from `column` of an input's rows, in the order of its sequence: `[S, K]`.
  private func gather(_ matrix: Matrix, _ input: StackedTokens.Rows, column: Int) -> [Float] {
    [Float](capacity: input.count * headSize) { output in
      for rows in [input.text, input.image] {
        for row in rows {
          let first = row * matrix.columns + column
          for index in 0..<headSize { output.append(matrix.values[first + index]) }
        }
      }
    }
  }

  /// RMS norm and rotation of queries or keys `[S, K]`, in place.
  private func prepare(
    _ vectors: inout [Float], _ input: StackedTokens.Rows, text: [Float], image: [Float]
  ) {
    var span = vectors.mutableSpan
    var offset = 0
    for (rows, scale) in [(input.text, text), (input.image, image)] {
      for row in rows {
        normalizeRootMeanSquare(&span, at: offset, scale: scale, epsilon: epsilon)
        rotary.rotate(&span, at: offset, row: row)
        offset += headSize
      }
    }
  }

  /// Puts the heads `[S, K]` of each input side by side in its rows of `output`.
  private func joinHeads(_ heads: Matrix, starts: [Int], into output: inout Matrix) throws {
    let columns = output.columns
    var span = output.values.mutableSpan
    try DisjointRows.lend(&span, columns: columns) { rows in
      try forEachChunk(of: stacked.count, chunk: 32, threads: threads) { range in
        rows.withRows(range) { output in
          for row in range {
            let input = stacked.inputs[stacked.owner[row]]
            let position =
              row < stacked.text.upperBound
              ? row - input.text.lowerBound
              : input.text.count + row - input.image.lowerBound
            let target = (row - range.lowerBound) * columns
            for head in 0..<headCount {
              let source =
                (starts[stacked.owner[row]] + head * input.count + position) * headSize
              for index in 0..<headSize {
                output[target + head * headSize + index] = heads.values[source + index]
              }
            }
          }
        }
      }
    }
  }
}
