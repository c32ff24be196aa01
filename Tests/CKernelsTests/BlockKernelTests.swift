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

  /// ggml's own bytes are in the goldens of `GGUF`.
  @Test(arguments: [
    (MMDIT_Q8_0, 34), (MMDIT_Q4_0, 18), (MMDIT_Q4_1, 20), (MMDIT_Q5_0, 22), (MMDIT_Q5_1, 24),
  ])
  func encodedBlocksAreTheSameAtEveryLevelAndLength(_ type: Int, _ size: Int) {
    for count in 0...20 {
      var values = ordinaryValues(32 * count, seed: UInt64(count))
      for index in values.indices {
        switch index / 32 % 5 {
        case 1: values[index] *= 0x1p-140
        case 2: values[index] = 0
        case 3: values[index] = values[index].rounded() / 2
        case 4: values[index] *= 1000
        default: break
        }
      }
      var results: Set<[UInt8]> = []
      for level in levels {
        var bytes = [UInt8](repeating: 0xa5, count: count * size + 1)
        let held = unsafe mmdit_encode_blocks(level, values, count, Int32(type), &bytes)
        #expect(held == count && bytes[count * size] == 0xa5)
        results.insert(bytes)
      }
      #expect(results.count == 1)
    }
  }

  /// Every f16 number as a scale, NaNs too, and every code.
  @Test func bytesAreDecodedByTheirDefinitionAtEveryLevelAndLength() {
    let scales = Array(0...UInt16.max)
    for count in Array(0...20) + [scales.count] {
      var bytes: [UInt8] = []
      var expected: [UInt32] = []
      for (block, bits) in scales.suffix(count).enumerated() {
        bytes += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        for index in 0..<32 {
          let code = Int8(truncatingIfNeeded: 32 * block + index)
          bytes.append(UInt8(bitPattern: code))
          expected.append((Float(Float16(bitPattern: bits)) * Float(code)).bitPattern)
        }
      }
      for level in levels {
        var values = [Float](repeating: 7, count: 32 * count + 1)
        unsafe mmdit_decode_bytes(level, bytes, count, &values)
        #expect(values.removeLast() == 7)
        #expect(values.map(\.bitPattern) == expected, "level \(level), \(count) blocks")
      }
    }
  }

  @Test func theFirstBlockBeyondHalfPrecisionIsGivenAtEveryLevel() {
    for type in [MMDIT_Q8_0, MMDIT_Q4_0, MMDIT_Q4_1, MMDIT_Q5_0, MMDIT_Q5_1] {
      var values = ordinaryValues(32 * 9, seed: 1)
      values[32 * 6 + 11] = -3e38
      values[32 * 7] = 3e38
      for level in levels {
        var bytes = [UInt8](repeating: 0, count: 24 * 9 + 90)
        #expect(unsafe mmdit_encode_blocks(level, values, 9, Int32(type), &bytes) == 6)
      }
    }
  }

  /// Codes of Q8_0 with a scale of 1 are values rounded to nearest, halves away from zero.
  @Test func halvesRoundAwayFromZeroAtEveryLevel() {
    let ties: [Float] = [
      0.5, -0.5, 1.5, 126.5, 0.49999997, -0.49999997, 0, -0.0, 127, -127, 2.5, -2.5,
    ]
    let values = (0..<32).map { ties[$0 % ties.count] }
    let expected = values.map {
      UInt8(bitPattern: Int8($0.rounded(.toNearestOrAwayFromZero)))
    }
    for level in levels {
      var bytes = [UInt8](repeating: 0, count: 34)
      #expect(unsafe mmdit_encode_blocks(level, values, 1, Int32(MMDIT_Q8_0), &bytes) == 1)
      #expect(Array(bytes.dropFirst(2)) == expected)
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
