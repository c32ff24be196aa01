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
        unsafe mmdit_pack_columns(level, 0, source, stride, columns, depth, &panel)
        #expect(panel == expected, "level \(level), \(columns) columns")
      }
    }
  }

  /// Columns become what the rows of the transposed matrix become.
  @Test func bfloat16ColumnsArePackedAtEveryLevelAndCount() {
    let lanes = Int(MMDIT_PANEL_COLUMNS)
    for columns in 1...lanes {
      for depth in [1, 4, 5] {
        let rows = (0..<columns).map { ordinaryValues(depth, seed: UInt64($0)) }
        let source = (0..<depth).flatMap { k in rows.map { $0[k] } }
        for level in levels {
          let format = mmdit_format(MMDIT_BFLOAT16)
          let expected = packed(rows, format, level: level, lanes: lanes)
          var panel = [Float](repeating: .nan, count: expected.count)
          unsafe mmdit_pack_columns(level, format, source, columns, columns, depth, &panel)
          #expect(panel.map(\.bitPattern) == expected.map(\.bitPattern))
        }
      }
    }
  }

  /// Panels of rows `[rows, depth]`, packed at that level.
  private func packed(
    _ rows: [[Float]], _ format: mmdit_format, level: mmdit_level, lanes: Int
  ) -> [Float] {
    let depth = rows[0].count
    var panel = [Float](repeating: .nan, count: lanes * mmdit_panel_words(format, depth))
    unsafe mmdit_pack_rows(
      level, format, rows.flatMap { $0 }, depth, rows.count, depth, 1, &panel, lanes)
    return panel
  }

  /// Rows of integers up to four times `factor`, and one of 127 in each.
  private func integers(_ count: Int, _ depth: Int, factor: Float, seed: UInt64) -> [[Float]] {
    (0..<count).map { row in
      var values = ordinaryValues(depth, seed: seed + UInt64(row)).map { ($0 * factor).rounded() }
      values[row % depth] = 127
      return values
    }
  }

  /// Integers that every format holds exactly (of int8, with a scale of 1), and whose products and
  /// sums a Float holds exactly: every order of the sum gives the same.
  @Test(arguments: [MMDIT_FLOAT32, MMDIT_BFLOAT16, MMDIT_INT8].map { Int32($0) })
  func tilesAreExactProductsOfIntegersAtEveryLevelAndSize(format: Int32) {
    let (lanes, width) = (Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS))
    for depth in [1, 2, 37, 2100] {
      let (left, right) = (
        integers(lanes, depth, factor: 20, seed: 1), integers(width, depth, factor: 20, seed: 100)
      )
      let expected = left.map { a in
        right.map { b in zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
      }
      for level in levels {
        let a = packed(left, format, level: level, lanes: lanes)
        let b = packed(right, format, level: level, lanes: width)
        for rows in 1...lanes {
          for columns in depth > 100 ? [1, 15, 16, 17, 32] : Array(1...width) {
            let stride = columns + 3
            var c = [Float](repeating: 9, count: rows * stride)
            unsafe mmdit_multiply(level, format, a, rows, b, columns, depth, &c, stride)
            let wanted = expected[..<rows].flatMap { $0[..<columns] + [9, 9, 9] }
            #expect(c == wanted, "level \(level), \(rows) × \(columns), depth \(depth)")
          }
        }
      }
    }
  }

  /// Panels of all those rows, one after the other.
  private func packedPanels(
    _ rows: [[Float]], _ format: mmdit_format, level: mmdit_level, lanes: Int
  ) -> [Float] {
    stride(from: 0, to: rows.count, by: lanes).flatMap { first in
      packed(
        Array(rows[first..<min(first + lanes, rows.count)]), format, level: level, lanes: lanes)
    }
  }

  /// More words and columns than stay near at once, and two panels of rows; integers as above.
  @Test(arguments: [MMDIT_FLOAT32, MMDIT_BFLOAT16, MMDIT_INT8].map { Int32($0) })
  func productsOfManyWordsAndPanelsAreExactAtEveryLevel(format: Int32) {
    let (lanes, width) = (Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS))
    let (rows, columns) = (lanes + 1, 16 * width + 17)
    let depth = 4099 * (format == MMDIT_INT8 ? 4 : format == MMDIT_BFLOAT16 ? 2 : 1)
    let (left, right) = (
      integers(rows, depth, factor: 1, seed: 1), integers(columns, depth, factor: 1, seed: 100)
    )
    let expected = left.map { a in
      right.map { b in
        var sum: Float = 0
        for k in 0..<depth { sum += a[k] * b[k] }
        return sum
      }
    }
    for level in levels {
      let a = packedPanels(left, format, level: level, lanes: lanes)
      let b = packedPanels(right, format, level: level, lanes: width)
      var c = [Float](repeating: 9, count: rows * columns)
      unsafe mmdit_multiply(level, format, a, rows, b, columns, depth, &c, columns)
      #expect(c == expected.flatMap { $0 }, "level \(level)")
    }
  }

  /// The product of all words is to the bit what those of its runs add up to in order.
  @Test(arguments: [MMDIT_FLOAT32, MMDIT_BFLOAT16].map { Int32($0) })
  func sumsOfRunsAreAddedInOrderAtEveryLevel(format: Int32) {
    let (lanes, width, run) = (
      Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS), Int(MMDIT_RUN_WORDS)
    )
    let (words, numbers) = (17 * run + 3, format == MMDIT_BFLOAT16 ? 2 : 1)
    let depth = words * numbers
    func rows(_ count: Int, seed: UInt64) -> [[Float]] {
      (0..<count).map { ordinaryValues(depth, seed: seed + UInt64($0)) }
    }
    let (left, right) = (rows(lanes, seed: 1), rows(width, seed: 100))
    for level in levels {
      let a = packed(left, format, level: level, lanes: lanes)
      let b = packed(right, format, level: level, lanes: width)
      var expected = [Float](repeating: 0, count: lanes * width)
      for first in stride(from: 0, to: words, by: run) {
        var c = [Float](repeating: 9, count: lanes * width)
        let length = min(run, words - first) * numbers
        unsafe mmdit_multiply(
          level, format, Array(a[(first * lanes)...]), lanes, Array(b[(first * width)...]), width,
          length, &c, width)
        for index in c.indices {
          expected[index] = first == 0 ? c[index] : expected[index] + c[index]
        }
      }
      var c = [Float](repeating: 9, count: lanes * width)
      unsafe mmdit_multiply(level, format, a, lanes, b, width, depth, &c, width)
      #expect(c == expected, "level \(level)")
    }
  }

  @Test func bfloat16WordsHoldTheNearestNumbersAtEveryLevel() {
    let lanes = Int(MMDIT_PANEL_COLUMNS)
    for rows in 1...lanes {
      for depth in [1, 2, 31, 32, 33, 70] {
        let source = (0..<rows).map { ordinaryValues(depth, seed: UInt64($0)) }
        for level in levels {
          let panel = packed(source, mmdit_format(MMDIT_BFLOAT16), level: level, lanes: lanes)
          for row in 0..<rows {
            for word in 0..<(depth + 1) / 2 {
              let halves = [2 * word, 2 * word + 1].map { k in
                k < depth ? source[row][k].bitPattern : 0
              }.map { ($0 + 0x7fff + ($0 >> 16 & 1)) >> 16 }
              #expect(panel[word * lanes + row].bitPattern == halves[0] | halves[1] << 16)
            }
          }
        }
      }
    }
  }

  /// Rows that were coded with a scale and reach ±127 are taken as they were coded.
  @Test func int8WordsHoldTheCodesThatARowWasDecodedFrom() {
    let (lanes, depth) = (Int(MMDIT_PANEL_COLUMNS), 130)
    let words = mmdit_panel_words(mmdit_format(MMDIT_INT8), depth)
    for scale in [Float(0.001234), 3, 1e-30, 1e30] {
      let codes = (0..<lanes).map { row -> [Float] in
        var codes = ordinaryValues(depth, seed: UInt64(row)).map { ($0 * 31.7).rounded() }
        codes[(7 * row) % depth] = row % 2 == 0 ? 127 : -127
        return codes
      }
      let rows = codes.map { $0.map { $0 * scale } }
      for level in levels {
        let panel = packed(rows, mmdit_format(MMDIT_INT8), level: level, lanes: lanes)
        for row in 0..<lanes {
          let found = (0..<depth).map { k in
            Float(
              Int8(truncatingIfNeeded: panel[k / 4 * lanes + row].bitPattern >> (8 * (k % 4))))
          }
          #expect(found == codes[row], "level \(level), scale \(scale)")
          let step = panel[(words - 2) * lanes + row]
          #expect(abs(step - scale) <= scale * 0x1p-22)
          let sum = Int32(bitPattern: panel[(words - 1) * lanes + row].bitPattern)
          #expect(sum == Int32(codes[row].reduce(0, +)))
        }
      }
    }
  }

  /// Codes become what the rows that they stand for become, where those are exact.
  @Test func codesArePackedAtEveryLevelCountAndDepth() {
    for lanes in [Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS)] {
      for rows in 1...lanes {
        for depth in [1, 2, 3, 4, 31, 32, 63, 64, 65, 130] {
          let stride = depth + 3
          let integers = ordinaryValues(rows * stride, seed: UInt64(rows)).enumerated().map {
            // One of each row reaches the largest code.
            $0.offset % stride == 0 ? Int8(-127) : Int8(($0.element * 31.7).rounded())
          }
          let scales = (0..<rows).map { Float(sign: .plus, exponent: -$0, significand: 1) }
          let values = (0..<rows).map { row in
            (0..<depth).map { Float(integers[row * stride + $0]) * scales[row] }
          }
          let halves = (0..<rows * stride).map { index in
            // Integers up to 127 times a power of two are numbers of bf16.
            UInt16((Float(integers[index]) * scales[index / stride]).bitPattern >> 16)
          }
          for level in levels {
            func check(_ format: Int, of coding: Int, _ codes: UnsafeRawPointer) {
              let expected = packed(values, mmdit_format(format), level: level, lanes: lanes)
              var found = [Float](repeating: .nan, count: expected.count)
              unsafe mmdit_pack_codes(
                level, mmdit_format(format), mmdit_format(coding), codes, stride, rows, depth,
                scales, &found, lanes)
              #expect(
                found.map(\.bitPattern) == expected.map(\.bitPattern),
                "level \(level), \(rows) rows of \(depth): \(format) of \(coding)")
            }
            for format in [MMDIT_FLOAT32, MMDIT_BFLOAT16] {
              unsafe check(format, of: MMDIT_BFLOAT16, halves)
              unsafe check(format, of: MMDIT_INT8, integers)
            }
            unsafe check(MMDIT_INT8, of: MMDIT_INT8, integers)
          }
        }
      }
    }
  }

  /// To the bit, with scales of either sign that are no powers of two.
  @Test func nibblesArePackedWithTheScalesOfTheirGroupsAtEveryLevelCountAndDepth() {
    for lanes in [Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS)] {
      for rows in 1...lanes {
        for (depth, group) in [
          (1, 16), (7, 7), (8, 8), (31, 16), (64, 64), (127, 127), (128, 32), (129, 24), (300, 64),
        ] {
          let (rowBytes, groups) = ((depth + 1) / 2, (depth + group - 1) / group)
          let codes = (0..<rows * rowBytes).map { UInt8(truncatingIfNeeded: $0 * 89 + rows) }
          let scales = ordinaryValues(rows * groups, seed: UInt64(depth))
          let values = (0..<rows).map { row in
            (0..<depth).map { column in
              let byte = codes[row * rowBytes + column / 2]
              let nibble = column.isMultiple(of: 2) ? byte & 15 : byte >> 4
              return (Float(nibble) - 8) * scales[row * groups + column / group]
            }
          }
          for level in levels {
            for format in [MMDIT_FLOAT32, MMDIT_BFLOAT16].map(mmdit_format.init) {
              let expected = packed(values, format, level: level, lanes: lanes)
              var found = [Float](repeating: .nan, count: expected.count)
              unsafe mmdit_pack_nibbles(
                level, format, codes, rows, depth, group, scales, &found, lanes)
              #expect(
                found.map(\.bitPattern) == expected.map(\.bitPattern),
                "level \(level), format \(format), \(rows) rows of \(depth), groups of \(group)")
            }
          }
        }
      }
    }
  }

  /// `count` numbers of bf16, as their upper halves.
  private func halves(_ count: Int, seed: UInt64) -> [UInt16] {
    ordinaryValues(count, seed: seed).map { UInt16($0.bitPattern >> 16) }
  }

  @Test func widenedWordsHoldANumberOfEachHalfOfThePanelAtEveryLevel() {
    let (lanes, format) = (Int(MMDIT_PANEL_COLUMNS), mmdit_format(MMDIT_WIDENED_BFLOAT16))
    for rows in 1...lanes {
      for depth in [1, 2, 31, 32, 33, 70] {
        let stride = depth + 3
        let codes = halves(rows * stride, seed: UInt64(rows))
        func code(_ row: Int, _ k: Int) -> UInt32 {
          row < rows && k < depth ? UInt32(codes[row * stride + k]) : 0
        }
        let words = mmdit_panel_words(format, depth)
        let expected = (0..<words * lanes).map { place -> UInt32 in
          let (k, column) = place.quotientAndRemainder(dividingBy: lanes / 2)
          return code(column, k) | code(lanes / 2 + column, k) << 16
        }
        for level in levels {
          var panel = [Float](repeating: .nan, count: words * lanes + 1)
          unsafe mmdit_pack_codes(
            level, format, mmdit_format(MMDIT_BFLOAT16), codes, stride, rows, depth, nil, &panel,
            lanes)
          #expect(
            panel.dropLast().map(\.bitPattern) == expected && panel[words * lanes].isNaN,
            "level \(level), \(rows) rows of \(depth)")
        }
      }
    }
  }

  /// Panels of bf16 numbers `[rows, depth]`, one after the other.
  private func packedCodes(
    _ codes: [UInt16], _ format: Int, level: mmdit_level, rows: Int, depth: Int
  ) -> [Float] {
    let lanes = Int(MMDIT_PANEL_COLUMNS)
    return stride(from: 0, to: rows, by: lanes).flatMap { first in
      var panel = [Float](
        repeating: .nan, count: lanes * mmdit_panel_words(mmdit_format(format), depth))
      unsafe mmdit_pack_codes(
        level, mmdit_format(format), mmdit_format(MMDIT_BFLOAT16),
        Array(codes[(first * depth)...]), depth, min(lanes, rows - first), depth, nil, &panel, lanes
      )
      return panel
    }
  }

  /// To the bit, at sizes within a tile and beyond what stays near at once.
  @Test func productsOfWidenedNumbersAreThoseOfFloatsAtEveryLevelAndSize() {
    let (lanes, width) = (Int(MMDIT_PANEL_ROWS), Int(MMDIT_PANEL_COLUMNS))
    let small = (1...lanes).flatMap { rows in
      [1, 15, 16, 17, 32].flatMap { columns in [1, 2, 37, 1100].map { (rows, columns, $0) } }
    }
    for (rows, columns, depth) in small + [(lanes + 1, 16 * width + 17, 4099)] {
      let left = (0..<rows).map { ordinaryValues(depth, seed: UInt64($0)) }
      let codes = halves(columns * depth, seed: 100)
      for level in levels {
        let a = packedPanels(left, mmdit_format(MMDIT_FLOAT32), level: level, lanes: lanes)
        func product(_ format: Int) -> [Float] {
          let b = packedCodes(codes, format, level: level, rows: columns, depth: depth)
          var c = [Float](repeating: 9, count: rows * columns + 1)
          unsafe mmdit_multiply(
            level, mmdit_format(format), a, rows, b, columns, depth, &c, columns)
          return c
        }
        #expect(
          product(MMDIT_WIDENED_BFLOAT16) == product(MMDIT_FLOAT32),
          "level \(level), \(rows) × \(columns), depth \(depth)")
      }
    }
  }

  /// The code that symmetric quantizers leave out, and scales that are no power of two.
  @Test func everyByteIsACodeAndEveryFloatAScale() {
    let integers = (-128...127).map { Int8($0) }
    let ones = packed(
      [[Float](repeating: 1, count: 256)], mmdit_format(MMDIT_INT8), level: 0,
      lanes: Int(MMDIT_PANEL_ROWS))
    for level in levels {
      for scale in [Float(0.3), 0, -2, .infinity, .nan] {
        var panel = [Float](repeating: .nan, count: Int(MMDIT_PANEL_COLUMNS) * 66)
        unsafe mmdit_pack_codes(
          level, mmdit_format(MMDIT_INT8), mmdit_format(MMDIT_INT8), integers, 256, 1, 256, [scale],
          &panel, Int(MMDIT_PANEL_COLUMNS))
        var c: Float = 9
        unsafe mmdit_multiply(
          level, mmdit_format(MMDIT_INT8), ones, 1, panel, 1, 256, &c, 1)
        // The sum is −128; the left factor's scale is 1/127, its integers are 127.
        let expected = Float(-128 * 127) * (1.0 / 127 * scale)
        #expect(c == expected || c.isNaN && expected.isNaN, "level \(level), scale \(scale)")
      }
    }
  }

  @Test func int8RowsOfZerosGiveZeroAndRowsThatAreNotFiniteGiveNaN() {
    let depth = 70
    var rows = [[Float]](repeating: ordinaryValues(depth, seed: 1), count: 4)
    rows[0] = [Float](repeating: 0, count: depth)
    rows[1][33] = .nan
    rows[2][65] = -.infinity
    let ones = [[Float](repeating: 1, count: depth)]
    let format = mmdit_format(MMDIT_INT8)
    for level in levels {
      let a = packed(rows, format, level: level, lanes: Int(MMDIT_PANEL_ROWS))
      let b = packed(ones, format, level: level, lanes: Int(MMDIT_PANEL_COLUMNS))
      var c: [Float] = [9, 9, 9, 9]
      unsafe mmdit_multiply(level, format, a, 4, b, 1, depth, &c, 1)
      #expect(c[0] == 0 && c[1].isNaN && c[2].isNaN && c[3].isFinite, "level \(level): \(c)")
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
          unsafe mmdit_multiply(
            level, 0, left, rows, right, columns, depth, &c, columns)
          sums.insert(c[rows * columns - 1])
        }
      }
      #expect(sums.count == 1, "level \(level)")
    }
  }
}
