import CKernels
import Testing

@Suite struct BlockKernelTests {
  private let grids = [
    mmdit_grid(low: 0, high: 15, is_table: 0), mmdit_grid(low: -32, high: 31, is_table: 0),
    mmdit_grid(low: -127, high: 113, is_table: 1),
  ]
  private let scales: [Float] =
    (0..<12).map { 0.02 * Float($0 + 1) } + [0, -0.3, .leastNonzeroMagnitude, 1e30]
  private let offsets = (0..<16).map { -0.25 * Float($0) }

  private func table(_ index: Int) -> Float {
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113][index]
  }

  /// The index of a value's level, counted from the lowest, as `blocks.h` defines it.
  private func expectedIndex(
    _ value: Float, _ grid: mmdit_grid, scale: Float, offset: Float
  ) -> Int {
    let inverse = (1 / scale).isFinite ? 1 / scale : 0
    let position = (value - offset) * inverse
    if grid.is_table == 0 {
      return Int(min(max(position, grid.low), grid.high).rounded(.toNearestOrEven) - grid.low)
    }
    return (0..<15).count { position > (table($0) + table($0 + 1)) / 2 }
  }

  @Test func truncatedCodesFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count))
      let expected = values.map { UInt8(min((($0 - -4) * 1.9 + 0.5).rounded(.towardZero), 15)) }
      for level in levels {
        var codes = [UInt8](repeating: 0xa5, count: count + 1)
        unsafe mmdit_truncated_codes(level, values, count, -4, 1.9, 0.5, 15, &codes)
        #expect(codes == expected + [0xa5], "level \(level), \(count) values")
      }
    }
  }

  @Test func halvesRoundAwayFromZeroAtEveryLevelAndLength() {
    let ties: [Float] = [0.5, -0.5, 1.5, 126.5, 0.49999997, -0.49999997, 0, -0.0, 127, -127]
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count)).enumerated().map { index, value in
        index % 2 == 0 ? ties[index / 2 % ties.count] : 30 * value
      }
      let expected = values.map {
        UInt8(bitPattern: Int8($0.rounded(.toNearestOrAwayFromZero)))
      }
      for level in levels {
        var codes = [UInt8](repeating: 0xa5, count: count + 1)
        unsafe mmdit_half_away_codes(level, values, count, 1, &codes)
        #expect(codes == expected + [0xa5], "level \(level), \(count) values")
      }
    }
  }

  @Test func codesOfAGridFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count))
      for grid in grids {
        for (scale, offset) in zip(scales, offsets) {
          let expected = values.map {
            UInt8(expectedIndex($0, grid, scale: scale, offset: offset))
          }
          for level in levels {
            var codes = [UInt8](repeating: 0xa5, count: count + 1)
            unsafe mmdit_grid_codes(level, values, count, grid, scale, offset, &codes)
            #expect(codes == expected + [0xa5], "level \(level), \(count) values")
          }
        }
      }
    }
  }

  @Test func theBestOfSixteenIsTheFirstWithTheLeastErrorAtEveryLevel() {
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count))
      let weights = values.map { $0.magnitude + 0.5 }
      for grid in grids {
        let errors = (0..<16).map { candidate in
          var sum: Float = 0
          for (value, weight) in zip(values, weights) {
            let index = expectedIndex(
              value, grid, scale: scales[candidate], offset: offsets[candidate])
            let level = grid.is_table == 0 ? Float(index) + grid.low : table(index)
            let error = (value - offsets[candidate]) - scales[candidate] * level
            sum += (weight * error) * error
          }
          return sum
        }
        let least = errors.reduce(Float.infinity) { min($0, $1) }
        for level in levels {
          let best = unsafe mmdit_grid_best(
            level, values, weights, count, grid, scales + offsets)
          #expect(best.error == least, "level \(level), \(count) values")
          #expect(Int(best.index) == errors.firstIndex(of: least))
        }
      }
    }
  }

  @Test func fitsAndSumsAreTheSameBitsAtEveryLevel() {
    for count in lengths where count.isMultiple(of: 16) {
      let values = ordinaryValues(count, seed: UInt64(count))
      let weights = values.map { $0.magnitude + 0.5 }
      for grid in grids {
        var fits: [[UInt32]] = []
        var sums: [[Float]] = []
        for level in levels {
          for hasOffset in [Int32(0), 1] {
            var fitted = [Float](repeating: 9, count: 33)
            unsafe mmdit_grid_fit(
              level, values, weights, count, grid, hasOffset, scales + offsets, &fitted)
            fits.append(fitted.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern })
            #expect(fitted[32] == 9)
          }
          let found = unsafe mmdit_sum_grid(level, values, weights, count, grid, 0.3, -0.25)
          sums.append([found.weight, found.value, found.level, found.square, found.product])
        }
        #expect(Set(sums).count == 1)
        for first in 0..<2 {
          #expect(Set(stride(from: first, to: fits.count, by: 2).map { fits[$0] }).count == 1)
        }
      }
    }
  }

  @Test func aFitIsTheLeastSquaresOfItsLevels() {
    // Values that scale 0.5 and offset −1 give exactly, seen from candidates with the same levels.
    let values = (0..<16).map { 0.5 * Float($0) - 1 }
    let weights = [Float](repeating: 1, count: 16)
    for level in levels {
      var fitted = [Float](repeating: 0, count: 32)
      unsafe mmdit_grid_fit(
        level, values, weights, 16, grids[0], 1,
        [Float](repeating: 0.51, count: 16) + [Float](repeating: -1.01, count: 16), &fitted)
      #expect(fitted.prefix(16).allSatisfy { $0 == 0.5 })
      #expect(fitted.suffix(16).allSatisfy { $0 == -1 })
    }
  }
}
