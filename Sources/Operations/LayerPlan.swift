internal import Tensors

/// How the rows of a layer are shared out.
struct LayerPlan: Sendable {
  let arithmetic: Arithmetic
  /// How rows lie in the file, where panels take them like that.
  let coding: RowCoding?
  /// The wanted rows of the layer, and its columns.
  let rows: Range<Int>
  let depth: Int
  /// The threads that work at once.
  let workers: Int
  /// The rows decoded at a time.
  let rowsAtOnce: Int
  /// The values of the rows decoded at a time.
  var bufferSize: Int { rowsAtOnce * depth }
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
    self.arithmetic = arithmetic
    self.coding = coding.flatMap { arithmetic.takes($0) ? $0 : nil }
    self.rows = rows
    depth = weight.shape.columns
    workers = max(1, min(threads, bufferCount / depth))
    let step = weight.isCompressed ? RowBlock.rowCount(columns: depth) : Panels.columns
    rowsAtOnce = max(1, min(step, bufferCount / workers / depth, rows.count))
    unit = Self.unit(step: step, rows: rows.count, workers: workers)
    panelSize = Panels.size(of: unit, lanes: Panels.columns, depth: depth, arithmetic)
  }

  /// The least number of whole steps that fills vectors to 98 %, and panels of at least 96 columns;
  /// less for a layer that does not have such a unit for each worker.
  private static func unit(step: Int, rows: Int, workers: Int) -> Int {
    let least = (96 + step - 1) / step
    let multiple = (least..<least + 8).first { count in
      (-count * step) & 15 <= count * step / 50
    }
    let unit = (multiple ?? least) * step
    guard unit * workers > rows else { return unit }
    let share = (rows + workers - 1) / workers
    return (share + Panels.columns - 1) / Panels.columns * Panels.columns
  }
}
