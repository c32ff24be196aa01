import CKernels
import Scalars
import Testing

@Suite struct SearchKernelTests {
  /// 16 candidates: scale, inverse, low, high; both signs, several ranges.
  private static let candidates: [Float] = {
    let scales = (0..<16).map { Float($0 % 2 == 0 ? 1 : -1) * (0.05 + 0.03 * Float($0)) }
    let lows = (0..<16).map { Float(-($0 % 4) * 5) }
    return scales + scales.map { 1 / $0 } + lows + lows.map { $0 + 15 }
  }()

  private func errors(_ level: mmdit_level, _ values: [Float], normalizer: Float) -> [Double] {
    var errors = [Double](repeating: -1, count: 16)
    unsafe mmdit_scale_errors(
      level, values, values.count, normalizer, Self.candidates, &errors)
    return errors
  }

  @Test func allLevelsSumErrorsToTheSameBits() {
    for count in lengths {
      for values in [ordinaryValues(count, seed: 5), mixedValues(count, seed: UInt64(count))] {
        let expected = errors(KernelLevel.scalar.rawValue, values, normalizer: 0.25)
        for level in levels {
          let found = errors(level, values, normalizer: 0.25)
          #expect(comparableBits(found) == comparableBits(expected), "level \(level)")
        }
      }
    }
  }

  /// The header's bound: 2^-18 of the sum.
  @Test func theSumOfSquaredErrorsIsThatOfItsDefinition() {
    for count in [1, 2, 63, 64, 65, 200, 4096] {
      let values = ordinaryValues(count, seed: 7)
      let found = errors(KernelLevel.scalar.rawValue, values, normalizer: 0.5)
      for c in 0..<16 {
        let quantizer = mmdit_quantizer(
          inverse_scale: Self.candidates[16 + c], low: Self.candidates[32 + c],
          high: Self.candidates[48 + c], offset: 0)
        let expected = values.map { value in
          let level = expectedLevel(value * 0.5, quantizer)
          let error = Double(value * 0.5) - Double(Self.candidates[c] * level)
          return error * error
        }.reduce(0, +)
        #expect(abs(found[c] - expected) <= 0x1p-18 * expected)
      }
    }
  }

  @Test func allLevelsSumMomentsToTheSameBits() {
    for count in lengths {
      for values in [ordinaryValues(count, seed: 5), mixedValues(count, seed: UInt64(count))] {
        for quantizer in quantizers {
          let expected = unsafe mmdit_level_moments(0, values, count, 0.25, quantizer)
          for level in levels {
            let found = unsafe mmdit_level_moments(level, values, count, 0.25, quantizer)
            #expect(
              comparableBits([found.value_level, found.level_level])
                == comparableBits([expected.value_level, expected.level_level]))
          }
        }
      }
    }
  }

  /// A block sums at most 4 terms a lane and 4 levels of the tree, each term with two roundings:
  /// 10 roundings of 2^-24, below 2^-20, of the sum of magnitudes. Squares of levels are integers
  /// below 2^24 in sum, so they are exact.
  @Test func momentsAreThoseOfTheirDefinition() {
    for count in [1, 16, 64, 65, 1000] {
      let values = ordinaryValues(count, seed: 11)
      for quantizer in quantizers {
        let terms = values.map { value -> (Double, Double) in
          let level = Double(expectedLevel(value * 0.5, quantizer))
          return (Double(value * 0.5) * level, level * level)
        }
        let found = unsafe mmdit_level_moments(0, values, count, 0.5, quantizer)
        let magnitude = terms.map { abs($0.0) }.reduce(0, +)
        #expect(
          abs(found.value_level - terms.map(\.0).reduce(0, +)) <= 0x1p-20 * magnitude)
        #expect(found.level_level == terms.map(\.1).reduce(0, +))
      }
    }
  }
}
