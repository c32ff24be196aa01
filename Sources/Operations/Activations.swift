internal import Glibc
internal import Parallel

/// x · sigmoid(x).
package func silu(_ x: Float) -> Float { x / (1 + expf(-x)) }

/// SiLU of every element.
package func silu(_ x: Matrix) -> Matrix {
  Matrix(rows: x.rows, columns: x.columns, values: x.values.map(silu))
}

/// SwiGLU: output `[rows, M]` = SiLU(gate) · up, where gate are the M columns of `x` from
/// `firstColumn`, and up the M columns after them.
///
/// The output goes to the columns of `output` from `outputColumn`, for every row.
package func gate(
  _ x: Matrix, firstColumn: Int, size: Int, into output: inout Matrix, outputColumn: Int,
  threads: Int
) throws {
  let (inputs, stride) = (x.columns, output.columns)
  var span = output.values.mutableSpan
  try DisjointRows.lend(&span, columns: stride) { rows in
    try forEachChunk(of: x.rows, chunk: 32, threads: threads) { range in
      rows.withRows(range) { output in
        for row in range {
          let source = row * inputs + firstColumn
          let target = (row - range.lowerBound) * stride + outputColumn
          for column in 0..<size {
            output[target + column] =
              silu(x.values[source + column]) * x.values[source + size + column]
          }
        }
      }
    }
  }
}
