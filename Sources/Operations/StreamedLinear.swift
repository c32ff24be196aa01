package import Parallel
internal import Synchronization
package import Tensors

/// Linear layers whose weights pass through a small buffer.
///
/// A layer is computed in units of weight rows. A thread takes a unit, decodes a few rows at a time
/// and packs them into panels, then multiplies every token with the unit while it is in the caches.
/// Each weight is decoded once per use for all tokens of the batch, and the float32 weights alive
/// are bounded, whatever the size of the model.
package struct StreamedLinear {
  private let weights: any WeightSource
  private let threads: Int
  private let monitor: WorkMonitor
  /// The memory that the layers pass through; another one with the same weights may go on with it.
  package private(set) var buffers: Buffers

  /// What layers write before they read it.
  package struct Buffers: Sendable {
    /// Decoded rows, a part for each thread.
    fileprivate var rows: [Float] = []
    /// The tokens of the layer at hand.
    fileprivate var tokens: [Float] = []
    /// The weights of a unit, for each thread, from the first line of the caches on.
    fileprivate var panels: [Float] = []

    package init() {}
  }

  /// Of the decoded rows, `bufferCount` values at most are alive at once, but at least one row of a
  /// layer; packed for multiplication, a unit more for each thread: some 2²⁰ words of four bytes, or
  /// 96 rows where those take more.
  package init(
    _ weights: any WeightSource, bufferCount: Int, threads: Int, monitor: WorkMonitor,
    buffers: Buffers = Buffers()
  ) {
    self.weights = weights
    self.threads = threads
    self.monitor = monitor
    self.buffers = buffers
    let count = min(bufferCount, max(1, threads) * RowBlock.valueCount)
    if buffers.rows.count != count { self.buffers.rows = unclearedValues(count) }
  }

  /// y = x · wᵀ for the weight w `[outputs, inputs]` of that name, or some of its rows.
  ///
  /// Takes rows `rows` of x `[_, inputs]` and writes as many columns of y from `firstColumn` as there
  /// are outputs, in as many rows from `firstRow` (by default the same rows).
  package mutating func apply(
    _ name: String, outputs: Range<Int>? = nil, to x: Matrix, rows: Range<Int>,
    into y: inout Matrix, firstRow: Int? = nil, firstColumn: Int = 0,
    in arithmetic: Arithmetic = .float32
  ) throws {
    guard let weight = weights.weight(named: name) else {
      preconditionFailure("\(weights.origin) has lost the weight \(name)")
    }
    let (shape, depth) = (weight.shape, weight.shape.columns)
    precondition(depth == x.columns, "the layer's inputs are the columns of x")
    let outputs = outputs ?? 0..<shape.rows
    precondition(outputs.lowerBound >= 0 && outputs.upperBound <= shape.rows)
    precondition(firstColumn + outputs.count <= y.columns, "its outputs fit the columns of y")
    guard !rows.isEmpty, !outputs.isEmpty, depth > 0 else { return }
    if buffers.rows.count < depth { buffers.rows = unclearedValues(depth) }
    let plan = LayerPlan(
      weight, outputs, weights.coding(of: name), bufferCount: buffers.rows.count, threads: threads,
      arithmetic)
    try packTokens(x, rows: rows, plan.format.left)
    let size = cacheLineValues + plan.workers * plan.panelSize
    if buffers.panels.count < size { buffers.panels = unclearedValues(size) }

    let layer = PackedLayer(
      weights: weights, name: name, plan: plan, tokens: buffers.tokens, tokenCount: rows.count,
      monitor: monitor)
    try layer.multiply(
      &buffers.rows, &buffers.panels, into: &y, row: firstRow ?? rows.lowerBound,
      column: firstColumn)
  }

  /// Packs rows of x, the left factor, into panels.
  private mutating func packTokens(
    _ x: Matrix, rows: Range<Int>, _ format: PanelFormat
  ) throws {
    let size = Panels.size(of: rows.count, lanes: Panels.rows, depth: x.columns, format)
    if buffers.tokens.count < size { buffers.tokens = unclearedValues(size) }
    try Self.pack(x, rows: rows, format, into: &buffers.tokens, size: size, threads: threads)
  }

  private static func pack(
    _ x: Matrix, rows: Range<Int>, _ format: PanelFormat, into tokens: inout [Float],
    size: Int, threads: Int
  ) throws {
    let depth = x.columns
    let panelSize = Panels.rows * format.words(depth: depth)
    var all = tokens.mutableSpan
    var span = all._mutatingExtracting(first: size)
    try DisjointRows.lend(&span, columns: panelSize) { panels in
      try forEachChunk(of: size / panelSize, chunk: 1, threads: threads) { panel in
        let first = panel.lowerBound * Panels.rows
        let values = x.values.span
        panels.withRows(panel) { output in
          Panels.pack(
            values, MatrixPlace(offset: (rows.lowerBound + first) * depth, stride: depth),
            rows: min(Panels.rows, rows.count - first), depth: depth, in: format,
            into: &output, lanes: Panels.rows)
        }
      }
    }
  }
}
