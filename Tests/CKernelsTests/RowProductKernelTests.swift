import CKernels
import Testing

@Suite struct RowProductKernelTests {
  /// Integers whose products and sums a Float holds exactly: every order of the sum gives the same.
  @Test(arguments: [0, 1, 37])
  func productsOfRowsAreExactProductsOfIntegersAtEveryLevelAndSize(depth: Int) {
    let lanes = Int(MMDIT_PANEL_COLUMNS)
    let leftStride = depth + 2
    for rows in 0...16 {
      let left = ordinaryValues(rows * leftStride, seed: UInt64(rows)).map { ($0 * 20).rounded() }
      let right = ordinaryValues(lanes * depth, seed: 77).map { ($0 * 20).rounded() }
      for columns in 0...lanes {
        let stride = columns + 3
        let start = (0..<rows * stride).map { Float($0 % 100) }
        for adds in [false, true] {
          var expected = start
          for row in 0..<rows {
            for column in 0..<columns {
              var sum = adds ? start[row * stride + column] : 0
              for k in 0..<depth {
                sum += left[row * leftStride + k] * right[k * lanes + column]
              }
              expected[row * stride + column] = sum
            }
          }
          for level in levels {
            var c = start
            unsafe mmdit_multiply_rows(
              level, left, leftStride, rows, right, columns, depth, adds ? 1 : 0, &c, stride)
            #expect(c == expected, "level \(level), \(rows) × \(columns)")
          }
        }
      }
    }
  }

  /// What lies in unused lanes reaches no sum, and a sum is the same wherever it stands in a tile.
  @Test func aSumDependsNeitherOnItsPlaceNorOnUnusedLanes() {
    let (width, depth) = (Int(MMDIT_PANEL_COLUMNS), 100)
    let (a, b) = (ordinaryValues(depth, seed: 1), ordinaryValues(depth, seed: 2))
    for level in levels {
      var sums: Set<Float> = []
      for rows in 1...16 {
        for columns in 1...width {
          let left = [Float](repeating: .nan, count: (rows - 1) * depth) + a
          var right = [Float](repeating: .nan, count: width * depth)
          for k in 0..<depth { right[k * width + columns - 1] = b[k] }
          var c = [Float](repeating: 0, count: rows * columns)
          unsafe mmdit_multiply_rows(
            level, left, depth, rows, right, columns, depth, 0, &c, columns)
          sums.insert(c[rows * columns - 1])
        }
      }
      #expect(sums.count == 1, "level \(level)")
    }
  }
}
