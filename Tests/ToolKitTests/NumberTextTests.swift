import Testing
import ToolKit

@Suite struct NumberTextTests {
  @Test func decimalsAreRoundedToTheNearest() {
    let expected: [(Double, Int, String)] = [
      (0, 0, "0"), (0, 3, "0.000"), (1.25, 1, "1.3"), (-1.25, 1, "-1.3"), (1.005, 1, "1.0"),
      (0.0005, 3, "0.001"), (0.0004, 3, "0.000"), (-0.0004, 3, "0.000"), (9.996, 2, "10.00"),
      (4.25, 3, "4.250"), (12, 0, "12"), (0.5, 0, "1"), (-0.4, 0, "0"),
      (1e6 + 0.07, 2, "1000000.07"),
      (999_999_999_999, 3, "999999999999.000"),
    ]
    for (number, decimals, text) in expected {
      #expect(decimalText(number, decimals: decimals) == text)
    }
  }

  @Test func numbersWithoutSuchDecimalsAreWrittenAsPowers() {
    #expect(decimalText(0x1p53 - 1, decimals: 0) == "9007199254740991")
    #expect(decimalText(0x1p53, decimals: 0) == "9.0e15")
    #expect(decimalText(-1.26e300, decimals: 6) == "-1.3e300")
    #expect(decimalText(.greatestFiniteMagnitude, decimals: 3) == "1.8e308")
  }

  @Test func whatIsNotFiniteHasASign() {
    for decimals in 0...3 {
      #expect(decimalText(.infinity, decimals: decimals) == "∞")
      #expect(decimalText(-.infinity, decimals: decimals) == "−∞")
      #expect(decimalText(.nan, decimals: decimals) == "–")
    }
    #expect(errorText(.infinity) == "∞")
    #expect(errorText(-.infinity) == "−∞")
    #expect(errorText(.nan) == "–")
  }

  @Test func errorsHaveThreeDigitsAndSmallOnesTwo() {
    let expected: [(Double, String)] = [
      (0, "0"), (-0.0, "0"), (1, "1.00"), (0.15, "0.150"), (0.0123, "0.0123"),
      (0.001, "0.00100"), (0.0012345, "0.00123"), (0.00099, "9.9e-4"), (1e-7, "1.0e-7"),
      (1.26e-7, "1.3e-7"), (-1.26e-7, "-1.3e-7"), (12.345, "12.3"), (123.4, "123"),
      (123_456, "123456"), (1e20, "1.0e20"), (-0.25, "-0.250"),
    ]
    for (error, text) in expected { #expect(errorText(error) == text) }
  }

  @Test func roundingUpMovesToTheNextPower() {
    #expect(errorText(0.000996) == "1.0e-3")
    #expect(errorText(9.96e-8) == "1.0e-7")
    #expect(errorText(0.09996) == "0.100")
    #expect(errorText(0.9996) == "1.00")
    #expect(errorText(9.996) == "10.0")
    #expect(errorText(99.96) == "100")
    #expect(errorText(0.9994) == "0.999")
  }

  @Test func theSmallestNumbersHaveTheirPower() {
    #expect(errorText(1e-290) == "1.0e-290")
    #expect(errorText(0x1p-1050) == "8.3e-317")
    #expect(errorText(.leastNonzeroMagnitude) == "4.9e-324")
  }
}
