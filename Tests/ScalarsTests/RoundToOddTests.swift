import Scalars
import Testing

@Suite struct RoundToOddTests {
  /// Numbers around every tie of bfloat16 between 1 and 2, as close to it as a `Double` gets, and
  /// twice as far as a `Float` gets.
  @Test func ofBothSidesOfATieTheNearerOneIsFound() {
    for fraction in 0..<128 {
      let low = 1 + Double(fraction) / 128
      let tie = low + 1.0 / 256
      let high = low + 1.0 / 128
      let even = fraction.isMultiple(of: 2) ? low : high
      for distance in [0x1p-52, 0x1p-40, 0x1p-24] {
        for (value, expected) in [(tie - distance, low), (tie, even), (tie + distance, high)] {
          for sign in [1.0, -1.0] {
            let rounded = Float(BFloat16(Float(roundingToOdd: sign * value)))
            #expect(Double(rounded) == sign * expected, "\(sign * value)")
          }
        }
      }
    }
  }

  @Test func halvesAreRoundedOnce() {
    #expect(Float16(Float(roundingToOdd: 1 + 0x1p-11 + 0x1p-50)) == 1 + 0x1p-10)
    #expect(Float16(Float(roundingToOdd: 1 + 0x1p-11)) == 1)
    // Just above and at half of the least subnormal.
    #expect(Float16(Float(roundingToOdd: 0x1p-25 + 0x1p-70)) == 0x1p-24)
    #expect(Float16(Float(roundingToOdd: 0x1p-25)) == 0)
    #expect(Float16(Float(roundingToOdd: 65519.999_999_999)) == 65504)
    #expect(Float16(Float(roundingToOdd: 65520)) == .infinity)
  }

  @Test func exactNumbersStayThemselves() {
    for value: Double in [0, -0.0, 1, -1.5, 0x1p-149, 0x1.fffffep127, .infinity, -.infinity] {
      let float = Float(roundingToOdd: value)
      #expect(float.bitPattern == Float(value).bitPattern)
    }
    #expect(Float(roundingToOdd: .nan).isNaN)
  }

  @Test func finiteStaysFiniteAndNothingElseBecomesZero() {
    for sign in [1.0, -1.0] {
      #expect(Float(roundingToOdd: sign * 1e300) == Float(sign) * .greatestFiniteMagnitude)
      #expect(
        Float(roundingToOdd: sign * .leastNonzeroMagnitude) == Float(sign) * .leastNonzeroMagnitude)
      #expect(Float(roundingToOdd: sign * 0x1.fffffefp127).isFinite)
    }
  }
}
