internal import CKernels
internal import Glibc
internal import Parallel
internal import Scalars

/// x · sigmoid(x).
package func silu(_ x: Float) -> Float { x / (1 + expf(-x)) }

/// SiLU of every element.
package func silu(_ x: Matrix) -> Matrix {
  Matrix(rows: x.rows, columns: x.columns, values: x.values.map(silu))
}

/// SwiGLU: output `[rows, M]` = SiLU(gate) · up, where gate are the M columns of `x` from
/// `firstColumn`, and up the M columns after them.
///
/// The output goes to the columns of `output` from `outputColumn`, of those rows, by default all.
package func gate(
  _ x: Matrix, rows wanted: Range<Int>? = nil, firstColumn: Int, size: Int,
  into output: inout Matrix, outputColumn: Int, threads: Int
) throws {
  let wanted = wanted ?? 0..<x.rows
  let (inputs, stride) = (x.columns, output.columns)
  precondition(
    firstColumn >= 0 && firstColumn + 2 * size <= inputs && outputColumn >= 0
      && outputColumn + size <= stride && output.rows == x.rows && wanted.lowerBound >= 0
      && wanted.upperBound <= x.rows,
    "gate, up and output are columns of their matrices")
  var span = output.values.mutableSpan
  try DisjointRows.lend(&span, columns: stride) { rows in
    try forEachChunk(of: wanted.count, chunk: 8, threads: threads) { chunk in
      let first = wanted.lowerBound
      let range = first + chunk.lowerBound..<first + chunk.upperBound
      let values = x.values.span
      rows.withRows(range) { output in
        unsafe values.withUnsafeBufferPointer { x in
          unsafe output.withUnsafeMutableBufferPointer { output in
            guard let x = x.baseAddress, let output = output.baseAddress else { return }
            for row in range {
              // In bounds by the check above; the output is exclusive.
              unsafe mmdit_gate(
                KernelLevel.best.rawValue, x + (row * inputs + firstColumn),
                x + (row * inputs + firstColumn + size), size,
                output + ((row - range.lowerBound) * stride + outputColumn))
            }
          }
        }
      }
    }
  }
}
