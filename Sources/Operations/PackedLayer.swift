internal import Parallel
internal import Synchronization
internal import Tensors

/// A layer whose tokens are packed and whose weights are still to be read.
struct PackedLayer: Sendable {
  let weights: any WeightSource
  let name: String
  let plan: LayerPlan
  /// The left factor, in panels.
  let tokens: [Float]
  let tokenCount: Int
  let monitor: WorkMonitor

  /// Writes tokens · wᵀ to the tile of y with that corner.
  ///
  /// Each worker has a part of `buffer` for decoded rows, and one of `panels` for a unit, from the
  /// first line of the caches on.
  func multiply(
    _ buffer: inout [Float], _ panels: inout [Float], into y: inout Matrix, row: Int, column: Int
  ) throws {
    let columns = y.columns
    let free = FreeParts(plan.workers)
    var bufferSpan = buffer.mutableSpan
    var buffers = bufferSpan._mutatingExtracting(first: plan.workers * plan.bufferSize)
    var panelSpan = panels.mutableSpan
    let firstPanel = valuesBeforeLine(panelSpan)
    var panelParts = panelSpan._mutatingExtracting(
      firstPanel..<firstPanel + plan.workers * plan.panelSize)
    var output = y.values.mutableSpan
    try DisjointRows.lend(&buffers, columns: plan.bufferSize) { buffers in
      try DisjointRows.lend(&panelParts, columns: plan.panelSize) { panels in
        try DisjointTiles.lend(&output, columns: columns) { output in
          try forEachChunk(of: plan.rows.count, chunk: plan.unit, threads: plan.workers) { unit in
            try monitor.checkCancellation()
            let part = free.take()
            defer { free.give(part) }
            try panels.withRows(part..<part + 1) { panels in
              try buffers.withRows(part..<part + 1) { buffer in
                try pack(unit, &buffer, into: &panels)
              }
              Panels.multiply(
                tokens.span, m: tokenCount, panels.span, n: unit.count, depth: plan.depth,
                in: plan.format, into: output, row: row, column: column + unit.lowerBound)
            }
          }
        }
      }
    }
  }

  /// Packs the weight rows of a unit, counted from the first that is wanted, into panels; decoded
  /// unless panels take what the file has.
  private func pack(
    _ unit: Range<Int>, _ buffer: inout MutableSpan<Float>, into panels: inout MutableSpan<Float>
  ) throws {
    for first in stride(from: unit.lowerBound, to: unit.upperBound, by: plan.rowsAtOnce) {
      let end = min(first + plan.rowsAtOnce, unit.upperBound)
      let rows = plan.rows.lowerBound + first..<plan.rows.lowerBound + end
      if let coding = plan.coding {
        try packCodes(rows, coding, &buffer, into: &panels, first: first - unit.lowerBound)
      } else {
        var decoded = buffer._mutatingExtracting(first: rows.count * plan.depth)
        try weights.decode(name, rows: rows, into: &decoded)
        Panels.pack(
          decoded.span, MatrixPlace(stride: plan.depth), rows: rows.count, depth: plan.depth,
          in: plan.format, into: &panels, first: first - unit.lowerBound,
          lanes: Panels.columns)
      }
    }
  }

  private func packCodes(
    _ rows: Range<Int>, _ coding: RowCoding, _ buffer: inout MutableSpan<Float>,
    into panels: inout MutableSpan<Float>, first: Int
  ) throws {
    var scales = [Float](repeating: 0, count: rows.count * coding.scaleCount(columns: plan.depth))
    // Every four bytes are a Float.
    var bytes = unsafe buffer.mutableBytes
    var codes = bytes._mutatingExtracting(first: rows.count * coding.byteCount(columns: plan.depth))
    var scaleSpan = scales.mutableSpan
    try weights.readCodes(name, rows: rows, into: &codes, scales: &scaleSpan)
    Panels.packCodes(
      codes.bytes, coding, scales: scaleSpan.span, rows: rows.count, depth: plan.depth,
      in: plan.format, into: &panels, first: first, lanes: Panels.columns)
  }
}

/// The numbers of the parts of a buffer that no thread has.
private final class FreeParts: Sendable {
  private let numbers: Mutex<[Int]>

  init(_ count: Int) { numbers = Mutex(Array(0..<count)) }

  func take() -> Int {
    numbers.withLock { numbers in
      guard let number = numbers.popLast() else {
        preconditionFailure("there are as many parts as threads")
      }
      return number
    }
  }

  func give(_ number: Int) { numbers.withLock { $0.append(number) } }
}
