import Tensors
import Testing

/// A repeatable sequence of bits: SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

private func statistics(
  _ rows: [[Float]], from first: Int = 0, worstRowLimit: Int = 8
) -> TensorStatistics {
  var statistics = TensorStatistics(worstRowLimit: worstRowLimit)
  for (index, row) in rows.enumerated() { statistics.add(row.span, row: first + index) }
  return statistics
}

@Suite struct TensorStatisticsTests {
  /// Values 1, 2, 3, 4: mean 5/2, Σ(x − mean)² = 5, Σ(x − mean)⁴ = 82/8, kurtosis 4·10.25/25.
  @Test func momentsFollowTheirFormulas() {
    for rows in [[[1, 2, 3, 4]], [[1, 2], [3, 4]], [[1], [2], [3], [4]]] as [[[Float]]] {
      let found = statistics(rows)
      #expect(found.count == 4)
      #expect(found.absoluteMaximum == 4)
      #expect(found.mean == 2.5)
      #expect(found.rootMeanSquare == 7.5.squareRoot())
      #expect(abs(found.kurtosis - 1.64) <= 4 * 1.64.ulp)
    }
  }

  /// The mean of n uniform fourth powers has the standard error √(Var z⁴ / n), z the standardized
  /// value: E z⁸ = 9 and E z⁴ = 1.8 give Var z⁴ = 5.76, so 0.0076 for 100 000; the seed is fixed,
  /// five standard errors are allowed.
  @Test func uniformValuesHaveAKurtosisOfNineFifths() {
    var generator = SplitMix64(state: 1)
    let rows = (0..<100).map { _ in
      (0..<1000).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    #expect(abs(statistics(rows).kurtosis - 1.8) < 5 * 0.0076)
  }

  /// A mean of 1000 with a spread of 1: raw fourth powers are 10^12 times the central ones.
  /// Each `Float` of 1000 ± 1 is exact to 2^-14, and the same values shifted to 0 are exact too, so
  /// only Double rounding differs: 2^-52 · 1000 per distance, below 2^-41 after four powers.
  @Test func aLargeMeanTakesNoDigitsFromTheKurtosis() {
    var generator = SplitMix64(state: 2)
    let centred = (0..<40).map { _ in
      (0..<50).map { _ in Float(Int.random(in: -1024...1024, using: &generator)) / 1024 }
    }
    let shifted = centred.map { $0.map { $0 + 1000 } }
    let expected = statistics(centred).kurtosis
    #expect(abs(statistics(shifted).kurtosis - expected) <= 0x1p-39 * expected)
  }

  @Test func valuesThatAreNotFiniteAreCountedAndLeftOut() {
    let found = statistics([[1, .nan, 3], [.infinity, -.infinity], [-2]])
    #expect(found.count == 6)
    #expect(found.nonFiniteCount == 3)
    #expect(found.absoluteMaximum == 3)
    #expect(abs(found.mean - 2.0 / 3) <= 0x1p-52)
    #expect(found.worstRows.map(\.row) == [0, 2])
  }

  @Test func nothingHasNoKurtosisAndEqualValuesNeither() {
    #expect(statistics([]).kurtosis.isNaN)
    #expect(statistics([]).rootMeanSquare == 0)
    #expect(statistics([[2, 2], [2, 2]]).kurtosis.isNaN)
  }

  @Test func theWorstRowsHaveTheLargestMagnitudes() {
    let rows: [[Float]] = [[1, 1], [-9, 0], [2, 3], [9, 0], [0, 4]]
    let found = statistics(rows, worstRowLimit: 3)
    #expect(found.worstRows.map(\.row) == [1, 3, 4])
    #expect(found.worstRows.map(\.absoluteMaximum) == [9, 9, 4])
    #expect(found.worstRows[0].rootMeanSquare == 40.5.squareRoot())
    // Σx² = 1 + 1 + 81 + 4 + 9 + 81 + 16 = 193 over 10 values.
    #expect(found.outlierRatio(of: found.worstRows[0]) == 9 / 19.3.squareRoot())
  }

  @Test func mergedRangesAgreeWithTheWhole() {
    var generator = SplitMix64(state: 4)
    let rows = (0..<20).map { _ in
      (0..<9).map { _ in Float(Int.random(in: -50...50, using: &generator)) }
    }
    let whole = statistics(rows, worstRowLimit: 4)
    for cut in 0...20 {
      var merged = statistics(Array(rows[..<cut]), worstRowLimit: 4)
      merged.merge(statistics(Array(rows[cut...]), from: cut, worstRowLimit: 4))
      #expect(merged.count == whole.count)
      #expect(merged.worstRows == whole.worstRows)
      #expect(merged.rootMeanSquare == whole.rootMeanSquare)
      // Two dozen joins of a few roundings each.
      #expect(abs(merged.kurtosis - whole.kurtosis) <= 256 * whole.kurtosis.ulp)
      #expect(abs(merged.mean - whole.mean) <= 256 * 50 * 0x1p-53)
    }
  }
}
