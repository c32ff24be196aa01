internal import CKernels
internal import Parallel
internal import Scalars

/// The right factor of products, in panels: packed once for all that is multiplied with it, which
/// stays in rows.
package struct PackedFactor: Sendable {
  /// The columns of a product.
  package let columns: Int
  /// The columns of what is multiplied.
  package let depth: Int
  private let panels: [Float]

  /// Packs B `[columns, depth]`, each element times `factor`: products are those with Bᵀ.
  package init(
    transposed values: [Float], _ place: MatrixPlace, columns: Int, depth: Int, factor: Float = 1,
    threads: Int
  ) throws {
    panels = try Self.panels(columns: columns, depth: depth, threads: threads) { lanes, panel in
      Panels.pack(
        values.span,
        MatrixPlace(
          offset: place.offset + lanes.lowerBound * place.stride, stride: place.stride),
        rows: lanes.count, depth: depth, factor: factor, into: &panel, lanes: Panels.columns)
    }
    (self.columns, self.depth) = (columns, depth)
  }

  /// Packs B `[depth, columns]`: products are those with B.
  package init(
    _ values: [Float], _ place: MatrixPlace, depth: Int, columns: Int, threads: Int
  ) throws {
    panels = try Self.panels(columns: columns, depth: depth, threads: threads) { lanes, panel in
      Panels.packColumns(
        values.span,
        MatrixPlace(offset: place.offset + lanes.lowerBound, stride: place.stride),
        depth: depth, columns: lanes.count, into: &panel)
    }
    (self.columns, self.depth) = (columns, depth)
  }

  /// Calls `pack` with the columns of each panel, and the panel.
  private static func panels(
    columns: Int, depth: Int, threads: Int,
    _ pack: @Sendable (Range<Int>, inout MutableSpan<Float>) -> Void
  ) throws -> [Float] {
    var panels = [Float](
      repeating: 0, count: Panels.size(of: columns, lanes: Panels.columns, depth: depth))
    guard !panels.isEmpty else { return panels }
    var span = panels.mutableSpan
    try DisjointRows.lend(&span, columns: Panels.columns * depth) { rows in
      try forEachChunk(of: columns, chunk: Panels.columns, threads: threads) { lanes in
        let panel = lanes.lowerBound / Panels.columns
        rows.withRows(panel..<panel + 1) { pack(lanes, &$0) }
      }
    }
    return panels
  }

  /// C `[m, n]` = A `[m, k]` times the factor, or C plus that: of the factor's columns the first n,
  /// of its depth the first k, by default all.
  ///
  /// Sums run as `Panels.multiplyRows` has them.
  package func multiply(
    _ a: Span<Float>, _ aPlace: MatrixPlace, m: Int, n: Int? = nil, k: Int? = nil,
    adding: Bool = false, into c: inout MutableSpan<Float>, _ cPlace: MatrixPlace
  ) {
    let (n, k) = (n ?? columns, k ?? depth)
    precondition(n <= columns && k <= depth, "the factor is as large")
    Panels.multiplyRows(
      a, aPlace, m: m, panels.span, panelDepth: depth, n: n, k: k, adding: adding, into: &c,
      cPlace)
  }
}

extension Panels {
  /// C `[m, n]` = A `[m, k]` times a right factor in panels `panelDepth` ≥ k deep, or C plus that.
  ///
  /// A lies in rows. Each element is summed over the depth in runs of 512, and the sums of runs are
  /// added in order: it depends neither on m and n nor on its place.
  package static func multiplyRows(
    _ a: Span<Float>, _ aPlace: MatrixPlace, m: Int, _ right: Span<Float>, panelDepth: Int, n: Int,
    k: Int, adding: Bool, into c: inout MutableSpan<Float>, _ cPlace: MatrixPlace
  ) {
    guard m > 0, n > 0 else { return }
    check(aPlace, rows: m, columns: k, count: a.count)
    check(cPlace, rows: m, columns: n, count: c.count)
    precondition(
      k <= panelDepth && size(of: n, lanes: columns, depth: panelDepth) <= right.count,
      "the panels have the lanes")
    let (level, longestRun) = (KernelLevel.best.rawValue, Int(MMDIT_RUN_WORDS))
    unsafe a.withUnsafeBufferPointer { a in
      unsafe right.withUnsafeBufferPointer { right in
        unsafe c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let right = right.baseAddress, let c = c.baseAddress else {
            return
          }
          // A run of A and one of a panel stay in the caches while they meet.
          for first in stride(from: 0, to: k, by: longestRun) {
            for column in stride(from: 0, to: n, by: columns) {
              // In bounds by the checks above; C is exclusive, so it overlaps neither factor.
              unsafe mmdit_multiply_rows(
                level, a + (aPlace.offset + first), aPlace.stride, m,
                right + (column * panelDepth + first * columns), min(columns, n - column),
                min(longestRun, k - first), adding || first > 0 ? 1 : 0,
                c + (cPlace.offset + column), cPlace.stride)
            }
          }
        }
      }
    }
  }
}
