internal import Tensors

/// How the rows of a layer are shared out.
struct LayerPlan: Sendable {
  /// What panels of weights hold.
  let format: PanelFormat
  /// How rows lie in the file, where panels take them like that.
  let coding: RowCoding?
  /// The wanted rows of the layer, and its columns.
  let rows: Range<Int>
  let depth: Int
  /// The threads that work at once.
  let workers: Int
  /// The rows decoded at a time.
  let rowsAtOnce: Int
  /// The values of the rows decoded at a time, or as many as take the memory of their codes.
  let bufferSize: Int
  /// The rows of a unit.
  let unit: Int
  /// The words of a unit in panels.
  let panelSize: Int

  /// Rows are decoded as many at a time as fill a panel, so that they are still in the nearest cache
  /// when they are packed; compressed ones in whole row blocks where it can be, so that no chunk is
  /// decompressed twice.
  init(
    _ weight: WeightDescription, _ rows: Range<Int>, _ coding: RowCoding?, bufferCount: Int,
    threads: Int, _ arithmetic: Arithmetic
  ) {
    self.coding = coding.flatMap { arithmetic.format.takes($0) ? $0 : nil }
    self.rows = rows
    depth = weight.shape.columns
    workers = max(1, min(threads, bufferCount / depth))
    let step = weight.isCompressed ? RowBlock.rowCount(columns: depth) : Panels.columns
    // The buffers are arrays of Float, whatever is read into them.
    let floatSize = MemoryLayout<Float>.stride
    let rowSize = self.coding?.byteCount(columns: depth) ?? depth * floatSize
    rowsAtOnce = max(1, min(step, bufferCount / workers * floatSize / rowSize, rows.count))
    bufferSize = (rowsAtOnce * rowSize + floatSize - 1) / floatSize
    let areWholePanels = rowsAtOnce % Panels.columns == 0 || rowsAtOnce == rows.count
    format =
      arithmetic == .float32 && self.coding == .bfloat16 && areWholePanels
      ? .widenedBFloat16 : arithmetic.format
    unit = Self.unit(
      step: step, rows: rows.count, words: format.words(depth: depth), workers: workers)
    panelSize = Panels.size(of: unit, lanes: Panels.columns, depth: depth, format)
  }

  /// The words of a unit where rows are not longer than a 96th of it: 4 MiB, which the cache that all
  /// threads share holds for each.
  ///
  /// The more rows a unit has, the longer a panel of tokens is at work before the next one comes from
  /// memory.
  private static let unitWords = 1 << 20

  /// Whole steps that fill vectors to 98 %, as many as make units of equal size, as many units for
  /// each worker; no whole steps for a layer that does not have such a unit for each.
  private static func unit(step: Int, rows: Int, words: Int, workers: Int) -> Int {
    let most = max(96, unitWords / words)
    let turns = (rows + workers * most - 1) / (workers * most)
    let share = (rows + workers * turns - 1) / (workers * turns)
    let least = (share + step - 1) / step
    let multiple = (least..<least + 8).first { count in
      (-count * step) & 15 <= count * step / 50
    }
    let unit = (multiple ?? least) * step
    guard unit * workers > rows else { return unit }
    return (share + Panels.columns - 1) / Panels.columns * Panels.columns
  }
}
