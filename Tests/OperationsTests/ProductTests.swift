import COpenBLAS
import Operations
import TestSupport
import Testing

/// Our products against those of OpenBLAS, which sums in another order.
///
/// Each side's sum of k products is off by k · 2⁻²⁴ of the sum of their magnitudes at most, which OpenBLAS
/// computes too, off by as little.
@Suite struct ProductTests {
  /// Values of a matrix that lies in a wider one.
  private struct Part {
    let place: MatrixPlace
    let rows: Int
    let columns: Int
    var values: [Float]

    init(_ rows: Int, _ columns: Int, seed: UInt64) {
      place = MatrixPlace(offset: 5, stride: columns + 3)
      (self.rows, self.columns) = (rows, columns)
      var generator = SeededGenerator(seed: seed)
      values = (0..<5 + rows * (columns + 3)).map { _ in Float.random(in: -1...1, using: &generator)
      }
    }

    var magnitudes: Part {
      var part = self
      part.values = values.map(abs)
      return part
    }

    /// The elements `[rows, columns]` without what lies around them.
    var dense: [Float] {
      (0..<rows).flatMap { row in
        values[place.offset + row * place.stride..<place.offset + row * place.stride + columns]
      }
    }
  }

  /// A · B, or A · Bᵀ, `[m, n]` by OpenBLAS.
  private func judged(_ a: Part, _ b: Part, transposed: Bool) -> [Float] {
    let (m, n, k) = (a.rows, transposed ? b.rows : b.columns, a.columns)
    var c = [Float](repeating: 0, count: m * n)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, Int32(m), Int32(n),
      Int32(k), 1, a.dense, Int32(k), b.dense, Int32(b.columns), 0, &c, Int32(n))
    return c
  }

  /// The largest difference, as a share of what both sides may be off by.
  private func worst(_ found: [Float], _ a: Part, _ b: Part, transposed: Bool) -> Double {
    let expected = judged(a, b, transposed: transposed)
    let sizes = judged(a.magnitudes, b.magnitudes, transposed: transposed)
    guard found.count == expected.count else { return .infinity }
    let unit = 2 * Double(a.columns + 1) * 0x1p-24
    return zip(found, zip(expected, sizes)).reduce(0) { worst, values in
      max(worst, abs(Double(values.0) - Double(values.1.0)) / (unit * Double(values.1.1)))
    }
  }

  static let sizes = [
    (1, 1, 1), (3, 5, 2), (14, 32, 16), (15, 33, 17), (29, 70, 513), (113, 96, 1100), (2, 3, 4096),
  ]

  @Test(arguments: sizes)
  func packedPanelsMultiplyAsOpenBLAS(_ m: Int, _ n: Int, _ k: Int) {
    let (a, b) = (Part(m, k, seed: 1), Part(n, k, seed: 2))
    var left = [Float](repeating: .nan, count: Panels.size(of: m, lanes: Panels.rows, depth: k))
    var right = [Float](repeating: .nan, count: Panels.size(of: n, lanes: Panels.columns, depth: k))
    var c = [Float](repeating: 0, count: m * n)
    var leftSpan = left.mutableSpan
    Panels.pack(
      a.values.span, a.place, rows: m, depth: k, into: &leftSpan, lanes: Panels.rows)
    var rightSpan = right.mutableSpan
    Panels.pack(
      b.values.span, b.place, rows: n, depth: k, into: &rightSpan, lanes: Panels.columns)
    var span = c.mutableSpan
    DisjointTiles.lend(&span, columns: n) { tiles in
      Panels.multiply(
        leftSpan.span, m: m, rightSpan.span, n: n, depth: k, into: tiles, row: 0, column: 0)
    }
    #expect(worst(c, a, b, transposed: true) <= 1)
  }

  @Test(arguments: sizes, [false, true])
  func rowsTimesAPackedFactorMultiplyAsOpenBLAS(
    _ size: (m: Int, n: Int, k: Int), _ transposed: Bool
  ) throws {
    let (m, n, k) = size
    let a = Part(m, k, seed: 3)
    let b = transposed ? Part(n, k, seed: 4) : Part(k, n, seed: 4)
    for threads in [1, 3] {
      let factor = try factor(b, transposed: transposed, threads: threads)
      #expect(factor.columns == n && factor.depth == k)
      var c = [Float](repeating: .nan, count: m * n)
      var span = c.mutableSpan
      factor.multiply(a.values.span, a.place, m: m, into: &span, MatrixPlace(stride: n))
      #expect(worst(c, a, b, transposed: transposed) <= 1)
    }
  }

  private func factor(_ b: Part, transposed: Bool, threads: Int) throws -> PackedFactor {
    if transposed {
      return try PackedFactor(
        transposed: b.values, b.place, columns: b.rows, depth: b.columns, threads: threads)
    }
    return try PackedFactor(
      b.values, b.place, depth: b.rows, columns: b.columns, threads: threads)
  }

  /// The first columns and the first of the depth alone, and what is added to: bits are the same as
  /// those of products that are as large.
  @Test func aPartOfAFactorIsAFactor() throws {
    let (m, n, k) = (17, 40, 700)
    let (a, b) = (Part(m, 900, seed: 5), Part(900, 70, seed: 6))
    let whole = try factor(b, transposed: false, threads: 1)
    let part = try PackedFactor(b.values, b.place, depth: k, columns: n, threads: 1)
    var (expected, found) = (
      [Float](repeating: 0, count: m * n), [Float](repeating: 0, count: m * n)
    )
    var span = expected.mutableSpan
    part.multiply(a.values.span, a.place, m: m, into: &span, MatrixPlace(stride: n))
    var foundSpan = found.mutableSpan
    whole.multiply(
      a.values.span, a.place, m: m, n: n, k: k, into: &foundSpan, MatrixPlace(stride: n))
    #expect(found == expected)
    // A sum that begins with 1 is off by a rounding of each run more.
    var ones = [Float](repeating: 1, count: m * n)
    var onesSpan = ones.mutableSpan
    whole.multiply(
      a.values.span, a.place, m: m, n: n, k: k, adding: true, into: &onesSpan,
      MatrixPlace(stride: n))
    let largest = Float(1 + k)
    #expect(zip(ones, expected).allSatisfy { abs($0 - 1 - $1) <= 4 * largest * 0x1p-24 })
  }

  /// A row and a column alone give the bits that they give among others.
  @Test func anElementDependsOnItsRowAndColumnAlone() throws {
    let (m, n, k) = (31, 67, 530)
    let (a, b) = (Part(m, k, seed: 7), Part(n, k, seed: 8))
    let all = try factor(b, transposed: true, threads: 2)
    var c = [Float](repeating: 0, count: m * n)
    var span = c.mutableSpan
    all.multiply(a.values.span, a.place, m: m, into: &span, MatrixPlace(stride: n))
    for (row, column) in [(0, 0), (13, 31), (14, 32), (30, 66), (29, 48)] {
      let one = try PackedFactor(
        transposed: b.values,
        MatrixPlace(offset: b.place.offset + column * b.place.stride, stride: b.place.stride),
        columns: 1, depth: k, threads: 1)
      var element: [Float] = [0]
      var elementSpan = element.mutableSpan
      one.multiply(
        a.values.span,
        MatrixPlace(offset: a.place.offset + row * a.place.stride, stride: a.place.stride), m: 1,
        into: &elementSpan, MatrixPlace(stride: 1))
      #expect(element[0] == c[row * n + column])
    }
  }
}
