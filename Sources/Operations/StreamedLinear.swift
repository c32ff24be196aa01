package import Parallel
package import Tensors

/// Linear layers whose weights pass through one buffer.
///
/// A layer is computed in blocks of weight rows: decode the block in parallel, multiply every token
/// with it, decode the next block into the same memory. Each weight is decoded once per use for
/// all tokens of the batch, and the float32 weights alive never exceed the buffer, whatever the
/// size of the model.
package struct StreamedLinear {
  private let weights: any WeightSource
  private let threads: Int
  private let monitor: WorkMonitor
  private var buffer: [Float]

  /// The tokens a thread multiplies at a time: enough that OpenBLAS packs the weights for some
  /// hundred operations per element, few enough to spread one small input over threads.
  package static let tokenTile = 128

  /// `bufferCount` values at most are decoded at once, but at least one row of a layer.
  package init(_ weights: any WeightSource, bufferCount: Int, threads: Int, monitor: WorkMonitor) {
    self.weights = weights
    self.threads = threads
    self.monitor = monitor
    buffer = [Float](repeating: 0, count: bufferCount)
  }

  /// y = x · wᵀ for the weight w `[outputs, inputs]` of that name.
  ///
  /// Takes rows `rows` of x `[_, inputs]` and writes `outputs` columns of y from `firstColumn`, in
  /// as many rows from `firstRow` (by default the same rows).
  package mutating func apply(
    _ name: String, to x: Matrix, rows: Range<Int>, into y: inout Matrix, firstRow: Int? = nil,
    firstColumn: Int = 0
  ) throws {
    guard let shape = weights.weight(named: name)?.shape else {
      preconditionFailure("\(weights.origin) has lost the weight \(name)")
    }
    precondition(shape.columns == x.columns, "the layer's inputs are the columns of x")
    let blockRows = min(shape.rows, Self.rowsPerBlock(of: shape, bufferCount: buffer.count))
    for first in stride(from: 0, to: shape.rows, by: blockRows) {
      try monitor.checkCancellation()
      let block = first..<min(first + blockRows, shape.rows)
      try decode(name, block, columns: shape.columns)
      try multiply(
        x, rows: rows, byBlockOf: block.count, into: &y, firstRow: firstRow ?? rows.lowerBound,
        firstColumn: firstColumn + first)
    }
  }

  /// The rows decoded at a time: what fits the buffer, in whole row blocks where it can be, so that
  /// no chunk of a compressed bundle is decompressed twice.
  private static func rowsPerBlock(of shape: Shape, bufferCount: Int) -> Int {
    let fitting = max(1, bufferCount / max(1, shape.columns))
    let step = RowBlock.rowCount(columns: shape.columns)
    return fitting >= step ? fitting - fitting % step : fitting
  }

  /// Decodes rows `block` of a weight to the start of the buffer.
  private mutating func decode(_ name: String, _ block: Range<Int>, columns: Int) throws {
    let (weights, threads) = (weights, threads)
    var all = buffer.mutableSpan
    var span = all._mutatingExtracting(first: block.count * columns)
    try DisjointRows.lend(&span, columns: columns) { rows in
      let step = RowBlock.rowCount(columns: columns)
      try forEachChunk(of: block.count, chunk: step, threads: threads) { range in
        try rows.withRows(range) { output in
          try weights.decode(
            name, rows: block.lowerBound + range.lowerBound..<block.lowerBound + range.upperBound,
            into: &output)
        }
      }
    }
  }

  /// Multiplies tokens with the `count` weight rows in the buffer.
  private func multiply(
    _ x: Matrix, rows: Range<Int>, byBlockOf count: Int, into y: inout Matrix, firstRow: Int,
    firstColumn: Int
  ) throws {
    let (inputs, outputs, buffer) = (x.columns, y.columns, buffer)
    precondition(firstColumn + count <= outputs, "the layer's outputs fit the columns of y")
    var span = y.values.mutableSpan
    try DisjointRows.lend(&span, columns: outputs) { output in
      try forEachChunk(of: rows.count, chunk: Self.tokenTile, threads: threads) { tile in
        output.withRows(firstRow + tile.lowerBound..<firstRow + tile.upperBound) { y in
          Operations.multiply(
            x.values.span,
            MatrixPlace(offset: (rows.lowerBound + tile.lowerBound) * inputs, stride: inputs),
            transposed: buffer.span, MatrixPlace(stride: inputs),
            into: &y, MatrixPlace(offset: firstColumn, stride: outputs),
            m: tile.count, n: count, k: inputs)
        }
      }
    }
  }
}
