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
    for count in lengths where count.isMultiple(of: 16) {
      let values = ordinaryValues(count, seed: UInt64(count))
      for grid in grids {
        for (scale, offset) in zip(scales, offsets) {
          let indices = values.map { expectedIndex($0 * 2, grid, scale: scale, offset: offset) }
          let errors = zip(values, indices).map { value, index in
            let level = grid.is_table == 0 ? Float(index) + grid.low : table(index)
            return ((value * 2 - offset) - scale * level).magnitude
          }
          for level in levels {
            var codes = [UInt8](repeating: 0xa5, count: count + 1)
            let error = unsafe mmdit_grid_codes(
              level, values, count, grid, 2, scale, offset, &codes)
            #expect(codes == indices.map { UInt8($0) } + [0xa5], "level \(level), \(count) values")
            #expect(error == errors.reduce(0, max), "level \(level), \(count) values")
          }
        }
      }
    }
  }

  /// Where the permutations of AVX-512 could go wrong: next to every border, and far out.
  @Test func tableIndicesAreRightAtEveryQuarterAndBesideEveryBorder() {
    var values = (-600..<600).map { Float($0) / 4 }
    for index in 0..<15 {
      let border = (table(index) + table(index + 1)) / 2
      values += [border.nextDown, border, border.nextUp]
    }
    values += [-3e38, 3e38, 0x1p-140]
    let expected = values.map { UInt8(expectedIndex($0, grids[2], scale: 1, offset: 0)) }
    for level in levels {
      var codes = [UInt8](repeating: 0, count: values.count)
      _ = unsafe mmdit_grid_codes(level, values, values.count, grids[2], 1, 1, 0, &codes)
      #expect(values.count.isMultiple(of: 16) && codes == expected, "level \(level)")
    }
  }

  @Test func bitsAreMergedAtEveryLevelAndLength() {
    for count in lengths {
      var generator = SplitMix64(state: UInt64(count))
      let codes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let bytes = (0...count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for (right, mask, left) in [(0, 15, 0), (0, 15, 4), (4, 3, 6), (2, 1, 7), (0, 255, 3)] {
        let expected = zip(bytes, codes).map { byte, code in
          UInt8(truncatingIfNeeded: Int(byte) | ((Int(code) >> right) & mask) << left)
        }
        for level in levels {
          var merged = bytes
          unsafe mmdit_merge_codes(
            level, codes, count, Int32(right), Int32(mask), Int32(left), &merged)
          #expect(merged == expected + [bytes[count]], "level \(level), \(count) codes")
        }
      }
    }
  }
}
