import Scalars
import Testing

@Suite struct BFloat16Tests {
  @Test func everyCodeIsTheUpperHalfOfAFloatAndReturnsToItself() {
    for code in UInt16.min...UInt16.max {
      let value = Float(BFloat16(bitPattern: code))
      #expect(value.bitPattern == UInt32(code) << 16)
      let quiet: UInt16 = value.isNaN ? 0x40 : 0
      #expect(BFloat16(value).bitPattern == code | quiet)
    }
  }

  /// Between neighbours a and b = a + one step, the quarter points go to the nearer one and the
  /// midpoint to the even code. The points are Float bit patterns between the two codes' patterns.
  @Test func roundingGoesToTheNearerNeighbourAndTiesToTheEvenCode() {
    for code in UInt16(0)..<0x7f80 {
      let low = UInt32(code) << 16
      for sign in [UInt32(0), 0x8000_0000] {
        let signCode = UInt16(sign >> 16)
        func rounded(_ offset: UInt32) -> UInt16 {
          BFloat16(Float(bitPattern: sign | low + offset)).bitPattern
        }
        #expect(rounded(0x7fff) == signCode | code)
        #expect(rounded(0x8000) == signCode | (code.isMultiple(of: 2) ? code : code + 1))
        #expect(rounded(0x8001) == signCode | code + 1)
      }
    }
  }

  @Test func beyondTheLargestFiniteValueIsInfinity() {
    #expect(Float(BFloat16(Float.greatestFiniteMagnitude)) == .infinity)
    #expect(Float(BFloat16(Float(bitPattern: 0x7f7f_7fff))) == Float(bitPattern: 0x7f7f_0000))
  }
}
