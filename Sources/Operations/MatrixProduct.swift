internal import COpenBLAS

// The only caller of OpenBLAS.
//
// Threads: OpenBLAS computes each product on the calling thread, and callers run several products
// at once over disjoint tiles. Its own threads would be a second pool that competes with ours, and
// its split of a product depends on their number; our tiles do not, so the same batch gives the
// same bits on any number of threads.

/// Set once, before the first product; the setting is the process's.
private let openBLASIsSingleThreaded: Void = openblas_set_num_threads(1)

/// Where a matrix lies in a span: its first element and the distance between rows.
package struct MatrixPlace: Sendable {
  package var offset: Int
  package var stride: Int

  package init(offset: Int = 0, stride: Int) {
    self.offset = offset
    self.stride = stride
  }
}

/// C `[m, n]` = scale · A `[m, k]` · Bᵀ, with B `[n, k]`: a linear layer, or queries times keys.
///
/// All row-major; each matrix may be a part of a wider one, given by its place.
package func multiply(
  _ a: Span<Float>, _ aPlace: MatrixPlace, transposed b: Span<Float>, _ bPlace: MatrixPlace,
  into c: inout MutableSpan<Float>, _ cPlace: MatrixPlace,
  m: Int, n: Int, k: Int, scale: Float = 1
) {
  sgemm(
    a, aPlace, b, bPlace, transposed: true, into: &c, cPlace, m: m, n: n, k: k, scale: scale)
}

/// C `[m, n]` = A `[m, k]` · B `[k, n]`: attention weights times values.
package func multiply(
  _ a: Span<Float>, _ aPlace: MatrixPlace, _ b: Span<Float>, _ bPlace: MatrixPlace,
  into c: inout MutableSpan<Float>, _ cPlace: MatrixPlace, m: Int, n: Int, k: Int
) {
  sgemm(a, aPlace, b, bPlace, transposed: false, into: &c, cPlace, m: m, n: n, k: k, scale: 1)
}

private func sgemm(
  _ a: Span<Float>, _ aPlace: MatrixPlace, _ b: Span<Float>, _ bPlace: MatrixPlace,
  transposed: Bool, into c: inout MutableSpan<Float>, _ cPlace: MatrixPlace,
  m: Int, n: Int, k: Int, scale: Float
) {
  guard m > 0, n > 0 else { return }
  _ = openBLASIsSingleThreaded
  check(aPlace, rows: m, columns: k, count: a.count)
  check(bPlace, rows: transposed ? n : k, columns: transposed ? k : n, count: b.count)
  check(cPlace, rows: m, columns: n, count: c.count)
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      unsafe c.withUnsafeMutableBufferPointer { c in
        guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
        // In bounds by the three checks above; C is exclusive, so it overlaps neither A nor B.
        unsafe cblas_sgemm(
          CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
          Int32(m), Int32(n), Int32(k), scale,
          a + aPlace.offset, Int32(aPlace.stride), b + bPlace.offset, Int32(bPlace.stride),
          0, c + cPlace.offset, Int32(cPlace.stride))
      }
    }
  }
}
