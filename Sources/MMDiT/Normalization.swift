internal import Operations
internal import Parallel

// Sums run in Double: a sequential Float sum over D terms would lose more than the pairwise sums
// of the frameworks whose results this core is compared with.

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
    try forEachChunk(of: rows.count, chunk: 32, threads: threads) { chunk in
      let chunk = rows.lowerBound + chunk.lowerBound..<rows.lowerBound + chunk.upperBound
      output.withRows(chunk) { y in
        for row in chunk {
          let source = row * width
          let target = (row - chunk.lowerBound) * width
          var sum = 0.0
          for column in 0..<width { sum += Double(x.values[source + column]) }
          let mean = sum / Double(width)
          var squares = 0.0
          for column in 0..<width {
            let centered = Double(x.values[source + column]) - mean
            squares += centered * centered
          }
          let inverse = Float(1 / (squares / Double(width) + Double(epsilon)).squareRoot())
          let shift = modulation.shift(of: owner[row])
          let scale = modulation.scale(of: owner[row])
          for column in 0..<width {
            let normal = (x.values[source + column] - Float(mean)) * inverse
            y[target + column] =
              normal * (1 + modulation.values.values[scale + column])
              + modulation.values.values[shift + column]
          }
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
    try forEachChunk(of: rows.count, chunk: 64, threads: threads) { chunk in
      let chunk = rows.lowerBound + chunk.lowerBound..<rows.lowerBound + chunk.upperBound
      output.withRows(chunk) { x in
        for row in chunk {
          let source = row * width
          let target = (row - chunk.lowerBound) * width
          let gate = modulation.gate(of: owner[row])
          for column in 0..<width {
            x[target + column] +=
              modulation.values.values[gate + column] * y.values[source + column]
          }
        }
      }
    }
  }
}
