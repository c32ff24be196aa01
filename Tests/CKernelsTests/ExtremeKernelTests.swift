import CKernels
import Testing

@Suite struct ExtremeKernelTests {
  private static let inputs: [[Float]] = lengths.flatMap { count in
    [ordinaryValues(count, seed: 1), mixedValues(count, seed: UInt64(count))]
  }

  @Test func theLargestMagnitudeIsThatOfTheBits() {
    for values in Self.inputs {
      let expected = values.map { $0.bitPattern & 0x7fff_ffff }.max() ?? 0
      for level in levels {
        #expect(unsafe mmdit_max_magnitude(level, values, values.count) == expected)
      }
    }
  }

  @Test func aNaNExceedsInfinityAndInfinityExceedsFinite() {
    for level in levels {
      var values = [Float](repeating: .greatestFiniteMagnitude, count: 100)
      #expect(unsafe mmdit_max_magnitude(level, values, 100) < 0x7f80_0000)
      values[97] = -.infinity
      #expect(unsafe mmdit_max_magnitude(level, values, 100) == 0x7f80_0000)
      values[13] = .nan
      #expect(unsafe mmdit_max_magnitude(level, values, 100) > 0x7f80_0000)
    }
  }

  @Test func theFirstIndexOfAMagnitudeWins() {
    for count in 1...130 {
      for level in levels {
        for (first, second) in [(0, count - 1), (count / 2, count - 1), (count - 1, count - 1)] {
          var values = [Float](repeating: 1, count: count)
          values[first] = -3
          values[second] = second == first ? -3 : 3
          let found = unsafe mmdit_find_magnitude(level, values, count, Float(3).bitPattern)
          #expect(found == first)
        }
        let ones = [Float](repeating: 1, count: count)
        #expect(unsafe mmdit_find_magnitude(level, ones, count, Float(3).bitPattern) == count)
      }
    }
  }

  @Test func theRangeIncludesZeroAndIgnoresNaN() {
    for values in Self.inputs {
      let numbers = values.filter { !$0.isNaN } + [0]
      for level in levels {
        let range = unsafe mmdit_range_with_zero(level, values, values.count)
        #expect(range.minimum == numbers.min() && range.maximum == numbers.max())
        #expect(range.minimum != 0 || range.minimum.sign == .plus)
        #expect(range.maximum != 0 || range.maximum.sign == .plus)
      }
    }
  }
}
