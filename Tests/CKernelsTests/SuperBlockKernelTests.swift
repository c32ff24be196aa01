import CKernels
import Testing

@Suite struct SuperBlockKernelTests {
  private static let grids = [
    mmdit_q2_k, mmdit_q3_k, mmdit_q4_k, mmdit_q5_k, mmdit_q6_k, mmdit_iq4_nl, mmdit_iq4_xs,
  ]

  /// What is found for blocks: everything that is written, with what must not be written after it.
  private struct Found: Equatable {
    var numbers: [[UInt32]] = []
    var scales: [Int8]
    var minima: [Int8]
    var codes: [UInt8]
  }

  private func search(
    _ values: [Float], _ count: Int, _ grid: mmdit_super_grid, level: Int32
  ) -> Found {
    let groups = count * Int(grid.groups_per_block)
    var found = Found(
      scales: [Int8](repeating: 0x5a, count: groups + 1),
      minima: [Int8](repeating: 0x5a, count: groups + 1),
      codes: [UInt8](repeating: 0xa5, count: groups * Int(grid.group_size) + 1))
    var blocks = [mmdit_super_block](repeating: .init(), count: count)
    var grid = grid
    unsafe mmdit_search_blocks(
      level, values, count, &grid, &blocks, &found.scales, &found.minima, &found.codes)
    found.numbers = blocks.map {
      [
        UInt32($0.scale), UInt32($0.minimum), UInt32($0.is_found), $0.normalizer.bitPattern,
        $0.magnitude.bitPattern, $0.largest_error.bitPattern,
      ]
    }
    #expect(found.scales.last == 0x5a && found.minima.last == 0x5a && found.codes.last == 0xa5)
    return found
  }

  /// Values of every kind that blocks have: ordinary, zero, constant, subnormal, huge, on a grid.
  private func values(_ count: Int, _ grid: mmdit_super_grid, seed: UInt64) -> [Float] {
    let size = Int(grid.group_size * grid.groups_per_block)
    return (0..<count).flatMap { block -> [Float] in
      let values = ordinaryValues(size, seed: seed + UInt64(block))
      switch (block + Int(seed)) % 8 {
      case 1: return values.map { _ in 0 }
      case 2: return values.map { _ in -0.75 }
      case 3: return values.map { $0 * 0x1p-130 }
      case 4: return values.map { $0 * 0x1p125 }
      case 5: return values.map { $0.rounded() }
      case 6: return values.enumerated().map { $0 % 32 == 7 ? 1000 * $1 : $1 }
      case 7: return values.enumerated().map { $0 % 64 < 32 ? 0 : $1 }
      default: return values
      }
    }
  }

  @Test func everyLevelFindsTheSameBits() {
    for grid in Self.grids {
      for count in 0...20 {
        let values = values(count, grid, seed: UInt64(count))
        let expected = search(values, count, grid, level: 0)
        for level in levels {
          #expect(search(values, count, grid, level: level) == expected, "level \(level)")
        }
      }
    }
  }

  @Test func blocksDoNotDependOnEachOther() {
    for grid in Self.grids {
      let size = Int(grid.group_size * grid.groups_per_block)
      let values = values(19, grid, seed: 3)
      let whole = search(values, 19, grid, level: levels[levels.count - 1])
      for block in 0..<19 {
        let one = search(
          Array(values[block * size..<(block + 1) * size]), 1, grid,
          level: levels[levels.count - 1])
        #expect(one.numbers == [whole.numbers[block]])
        #expect(one.codes.dropLast().elementsEqual(whole.codes[block * size..<(block + 1) * size]))
      }
    }
  }

  /// The integers and the numbers of the block give what the codes say the largest error is.
  @Test func theLargestErrorIsThatOfTheDecodedValues() {
    for grid in Self.grids where grid.codes.is_table == 0 {
      let values = ordinaryValues(256, seed: 11)
      let found = search(values, 1, grid, level: levels[levels.count - 1])
      let normalizer = Float(bitPattern: found.numbers[0][3])
      let scale = Float(Float16(bitPattern: UInt16(found.numbers[0][0]))) * normalizer
      let minimum = Float(Float16(bitPattern: UInt16(found.numbers[0][1]))) * normalizer
      let errors = values.indices.map { index in
        let group = index / Int(grid.group_size)
        let level = Float(found.codes[index]) + grid.codes.low
        let offset = -(minimum * Float(found.minima[group]))
        let distance = values[index] * normalizer - offset
        return (distance - scale * Float(found.scales[group]) * level).magnitude
      }
      #expect(Float(bitPattern: found.numbers[0][5]) == errors.reduce(0, max))
    }
  }
}
