import Scalars
import Testing

/// 2 to an integer power in Double, by repeated exact doubling or halving.
private func powerOfTwo(_ exponent: Int) -> Double {
  (0..<abs(exponent)).reduce(1.0) { value, _ in exponent < 0 ? value / 2 : value * 2 }
}

/// The value of a code from the text of the specifications, in Double; nil for a NaN.
private func specified(
  _ code: Int, exponentBits: Int, fractionBits: Int, bias: Int, isNaN: (Int) -> Bool,
  isInfinite: (Int) -> Bool = { _ in false }
) -> Double? {
  if isNaN(code) { return nil }
  let half = 1 << (exponentBits + fractionBits)
  let sign: Double = code >= half ? -1 : 1
  if isInfinite(code % half) { return sign * .infinity }
  let exponent = code % half / (1 << fractionBits)
  let fraction = Double(code % (1 << fractionBits)) / Double(1 << fractionBits)
  return exponent == 0
    ? sign * powerOfTwo(1 - bias) * fraction
    : sign * powerOfTwo(exponent - bias) * (1 + fraction)
}

private func expectCodes(_ format: SmallFloat, _ value: (Int) -> Double?) {
  #expect(format.values.count == 1 << format.bitWidth)
  for code in 0..<format.values.count {
    let found = format.value(ofCode: UInt8(code))
    if let expected = value(code) {
      #expect(Double(found) == expected && found.sign == expected.sign, "code \(code)")
    } else {
      #expect(found.isNaN, "code \(code)")
    }
  }
}

@Suite struct SmallFloatTests {
  @Test func everyE4M3CodeIsItsFormula() {
    expectCodes(.e4m3) {
      specified($0, exponentBits: 4, fractionBits: 3, bias: 7, isNaN: { $0 % 128 == 127 })
    }
    #expect(SmallFloat.e4m3.value(ofCode: 0x7e) == 448)
    #expect(SmallFloat.e4m3.value(ofCode: 0x01) == 0x1p-9)
    #expect(SmallFloat.e4m3.value(ofCode: 0xb8) == -1)
  }

  @Test func everyE5M2CodeIsItsFormula() {
    expectCodes(.e5m2) {
      specified(
        $0, exponentBits: 5, fractionBits: 2, bias: 15, isNaN: { $0 % 128 > 124 },
        isInfinite: { $0 == 124 })
    }
    #expect(SmallFloat.e5m2.value(ofCode: 0x7b) == 57344)
    #expect(SmallFloat.e5m2.value(ofCode: 0xfc) == -.infinity)
    #expect(SmallFloat.e5m2.value(ofCode: 0x01) == 0x1p-16)
  }

  /// E5M2 is the upper byte of a binary16 number.
  @Test func e5m2IsTheUpperByteOfFloat16() {
    for code in UInt8.min...UInt8.max {
      let half = Float(Float16(bitPattern: UInt16(code) << 8))
      let found = SmallFloat.e5m2.value(ofCode: code)
      #expect(found == half || (found.isNaN && half.isNaN))
    }
  }

  @Test func everyFNUZCodeIsItsFormula() {
    expectCodes(.e4m3fnuz) {
      specified($0, exponentBits: 4, fractionBits: 3, bias: 8, isNaN: { $0 == 128 })
    }
    expectCodes(.e5m2fnuz) {
      specified($0, exponentBits: 5, fractionBits: 2, bias: 16, isNaN: { $0 == 128 })
    }
    #expect(SmallFloat.e4m3fnuz.value(ofCode: 0x7f) == 240)
    #expect(SmallFloat.e5m2fnuz.value(ofCode: 0x7f) == 57344)
  }

  @Test func everySixBitCodeIsItsFormula() {
    expectCodes(.e2m3) {
      specified($0, exponentBits: 2, fractionBits: 3, bias: 1, isNaN: { _ in false })
    }
    expectCodes(.e3m2) {
      specified($0, exponentBits: 3, fractionBits: 2, bias: 3, isNaN: { _ in false })
    }
    #expect(SmallFloat.e2m3.value(ofCode: 0x1f) == 7.5)
    #expect(SmallFloat.e2m3.value(ofCode: 0x01) == 0.125)
    #expect(SmallFloat.e3m2.value(ofCode: 0x1f) == 28)
    #expect(SmallFloat.e3m2.value(ofCode: 0x01) == 0.0625)
  }

  @Test func theSixteenFourBitCodesAreTheTableOfTheSpecification() {
    let positive: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    #expect(SmallFloat.e2m1.values == positive + positive.map { -$0 })
    #expect(SmallFloat.e2m1.values[8].sign == .minus)
  }

  @Test func bitsAboveACodeAreIgnored() {
    #expect(SmallFloat.e2m1.value(ofCode: 0xf7) == 6)
  }

  @Test func everyExponentCodeIsAPowerOfTwo() {
    for code in UInt8(0)..<255 {
      #expect(Double(Float(Exponent8(code: code))) == powerOfTwo(Int(code) - 127))
    }
    #expect(Float(Exponent8(code: 255)).isNaN)
  }
}
