import CKernels
import Testing

@Suite struct ProductKernelTests {
  /// The levels of products this processor runs.
  private let levels = Array(0...mmdit_best_product_level())

  @Test func rowsArePackedAtEveryLevelCountAndDepth() {
    for rows in 0...32 {
      for depth in [0, 1, 15, 16, 17, 40] {
        let stride = depth + 3
        let source = ordinaryValues(rows * stride, seed: UInt64(rows))
        for lanes in [Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS)] where rows <= lanes {
          var expected = [Float](repeating: 9, count: lanes * depth + 1)
          for row in 0..<rows {
            for k in 0..<depth { expected[k * lanes + row] = source[row * stride + k] * 0.5 }
          }
          for level in levels {
            var panel = [Float](repeating: 9, count: lanes * depth + 1)
            unsafe mmdit_pack_rows(
              level, 0, source, stride, rows, depth, 0.5, &panel, lanes)
            #expect(panel == expected, "level \(level), \(rows) rows of \(depth)")
          }
        }
      }
    }
  }

  @Test func columnsArePackedAtEveryLevelAndCount() {
    let lanes = Int(MMDIT_PANEL_COLUMNS)
    for columns in 0...lanes {
      let (depth, stride) = (5, columns + 2)
      let source = ordinaryValues(depth * stride, seed: UInt64(columns))
      var expected = [Float](repeating: 9, count: lanes * depth)
      for k in 0..<depth {
        for column in 0..<columns { expected[k * lanes + column] = source[k * stride + column] }
      }
      for level in levels {
        var panel = [Float](repeating: 9, count: lanes * depth)
        unsafe mmdit_pack_columns(level, source, stride, columns, depth, &panel)
        #expect(panel == expected, "level \(level), \(columns) columns")
      }
    }
  }

  /// Integers whose products and sums a Float holds exactly: every order of the sum gives the same.
  @Test func tilesAreExactProductsOfIntegersAtEveryLevelAndSize() {
    let (lanes, width) = (Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS))
    for depth in [0, 1, 2, 37] {
      let left = ordinaryValues(lanes * depth + 1, seed: 1).map { ($0 * 100).rounded() }
      let right = ordinaryValues(width * depth + 1, seed: 2).map { ($0 * 100).rounded() }
      for rows in 1...lanes {
        for columns in 1...width {
          let stride = columns + 3
          for accumulate in [Int32(0), 1] {
            var expected = (0..<rows * stride).map { Float($0) }
            for row in 0..<rows {
              for column in 0..<columns {
                var sum = accumulate == 1 ? expected[row * stride + column] : 0
                for k in 0..<depth { sum += left[k * lanes + row] * right[k * width + column] }
                expected[row * stride + column] = sum
              }
            }
            for level in levels {
              var c = (0..<rows * stride).map { Float($0) }
              unsafe mmdit_multiply_tile(
                level, 0, left, rows, right, columns, depth, accumulate, &c, stride)
              #expect(c == expected, "level \(level), \(rows) × \(columns), depth \(depth)")
            }
          }
        }
      }
    }
  }

  /// What lies in unused lanes reaches no sum, and a sum is the same wherever it stands in a tile.
  @Test func aSumDependsNeitherOnItsPlaceNorOnUnusedLanes() {
    let (lanes, width, depth) = (Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS), 100)
    let (a, b) = (ordinaryValues(depth, seed: 1), ordinaryValues(depth, seed: 2))
    for level in levels {
      var sums: Set<Float> = []
      for rows in 1...lanes {
        for columns in 1...width {
          var left = [Float](repeating: .nan, count: lanes * depth)
          var right = [Float](repeating: .nan, count: width * depth)
          for k in 0..<depth {
            left[k * lanes + rows - 1] = a[k]
            right[k * width + columns - 1] = b[k]
          }
          var c = [Float](repeating: 0, count: rows * columns)
          unsafe mmdit_multiply_tile(
            level, 0, left, rows, right, columns, depth, 0, &c, columns)
          sums.insert(c[rows * columns - 1])
        }
      }
      #expect(sums.count == 1, "level \(level)")
    }
  }
}
