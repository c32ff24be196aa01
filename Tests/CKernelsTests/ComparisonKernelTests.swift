import CKernels
import Testing

@Suite struct ComparisonKernelTests {
  private func compared(_ level: Int32, _ reference: [Float], _ candidate: [Float]) -> [UInt64] {
    let found = unsafe mmdit_compare(level, reference, candidate, reference.count)
    return [
      UInt64(found.not_finite), found.largest_error.bitPattern, found.squared_error.bitPattern,
      found.reference_squares.bitPattern, found.candidate_squares.bitPattern,
      found.products.bitPattern, UInt64(found.minimum.bitPattern),
      UInt64(found.maximum.bitPattern),
    ]
  }

  /// Values with few bits, so that every order of the sums gives the same.
  @Test func comparisonsFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let reference = ordinaryValues(count, seed: 1).map { ($0 * 4).rounded() }
      let candidate = ordinaryValues(count, seed: 2).map { ($0 * 4).rounded() }
      let pairs = zip(reference, candidate).map { (Double($0), Double($1)) }
      for level in levels {
        let found = unsafe mmdit_compare(level, reference, candidate, count)
        #expect(found.not_finite == 0)
        #expect(found.largest_error == pairs.reduce(0) { max($0, abs($1.1 - $1.0)) })
        #expect(found.squared_error == pairs.reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) })
        #expect(found.reference_squares == pairs.reduce(0) { $0 + $1.0 * $1.0 })
        #expect(found.candidate_squares == pairs.reduce(0) { $0 + $1.1 * $1.1 })
        #expect(found.products == pairs.reduce(0) { $0 + $1.0 * $1.1 })
        #expect(found.minimum == reference.min() ?? .infinity)
        #expect(found.maximum == reference.max() ?? -.infinity)
      }
    }
  }

  @Test func everyLevelFindsTheSameBitsOfSpecialValues() {
    for count in lengths {
      let reference = mixedValues(count, seed: UInt64(count))
      let candidate = mixedValues(count, seed: UInt64(count) + 7)
      let expected = compared(0, reference, candidate)
      #expect(
        expected[0] == zip(reference, candidate).count { !$0.isFinite || !$1.isFinite })
      for level in levels { #expect(compared(level, reference, candidate) == expected) }
    }
  }
}
