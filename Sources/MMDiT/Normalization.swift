internal import Operations
internal import Parallel

/// Rows `rows` of y = LN(x) · (1 + scale) + shift, the layer norm without parameters, modulated.
///
/// LN(x) = (x − mean) / √(variance + epsilon) over the D columns. `x` and `y` are `[rows, D]`; row
/// n takes the shift and scale that the modulation holds for `owner[n]`.
func normalize(
  _ x: Matrix, rows: Range<Int>, owner: [Int], by modulation: Modulation, epsilon: Float,
  into y: inout Matrix, threads: Int
) throws {
  let width = x.columns
  var span = y.values.mutableSpan
  try DisjointRows.lend(&span, columns: width) { output in
    try forEachChunk(of: rows.count, chunk: 8, threads: threads) { chunk in
      let (values, numbers) = (x.values.span, modulation.values.values.span)
      for row in rows.lowerBound + chunk.lowerBound..<rows.lowerBound + chunk.upperBound {
        output.withRows(row..<row + 1) { y in
          normalizeModulated(
            values.extracting(row * width..<(row + 1) * width),
            scale: numbers.extracting(modulation.scale(of: owner[row], width)),
            shift: numbers.extracting(modulation.shift(of: owner[row], width)), epsilon: epsilon,
            into: &y)
        }
      }
    }
  }
}

/// Rows `rows` of x += gate · y, all `[rows, D]`; the gate is the one of the row's owner.
func addGated(
  _ y: Matrix, rows: Range<Int>, owner: [Int], by modulation: Modulation, to x: inout Matrix,
  threads: Int
) throws {
  let width = x.columns
  var span = x.values.mutableSpan
  try DisjointRows.lend(&span, columns: width) { output in
    try forEachChunk(of: rows.count, chunk: 16, threads: threads) { chunk in
      let (values, numbers) = (y.values.span, modulation.values.values.span)
      for row in rows.lowerBound + chunk.lowerBound..<rows.lowerBound + chunk.upperBound {
        output.withRows(row..<row + 1) { x in
          addProduct(
            numbers.extracting(modulation.gate(of: owner[row], width)),
            values.extracting(row * width..<(row + 1) * width), to: &x)
        }
      }
    }
  }
}
