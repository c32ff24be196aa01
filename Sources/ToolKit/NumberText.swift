internal import Glibc

/// A number with so many decimals: `∞` and `−∞` for the infinite, `–` for what is not a number, a
/// power of ten where a float64 has no such decimals.
package func decimalText(_ number: Double, decimals: Int) -> String {
  guard !number.isNaN else { return "–" }
  guard number.isFinite else { return number > 0 ? "∞" : "−∞" }
  let scale = pow(10, Double(decimals))
  let scaled = (abs(number) * scale).rounded()
  guard scaled < 0x1p53 else { return powerText(number) }
  let (whole, rest) = UInt64(scaled).quotientAndRemainder(dividingBy: UInt64(scale))
  let sign = number < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let fraction = String(rest)
  let zeros = String(repeating: "0", count: decimals - fraction.count)
  return "\(sign)\(whole).\(zeros)\(fraction)"
}

/// A relative error: three significant digits; below a thousandth two, in powers of ten.
package func errorText(_ error: Double) -> String {
  guard error.isFinite, error != 0 else {
    return error == 0 ? "0" : decimalText(error, decimals: 0)
  }
  guard abs(error) >= 1e-3 else { return powerText(error) }
  let exponent = decimalParts(of: error, decimals: 2).exponent
  return decimalText(error, decimals: max(0, 2 - exponent))
}

/// Two significant digits and a power of ten: `1.2e-7`.
private func powerText(_ number: Double) -> String {
  let (mantissa, exponent) = decimalParts(of: number, decimals: 1)
  return "\(number < 0 ? "-" : "")\(decimalText(mantissa, decimals: 1))e\(exponent)"
}

/// Mantissa, in 1..<10 when rounded to so many decimals, and exponent of a number that is not zero.
private func decimalParts(
  of number: Double, decimals: Int
) -> (mantissa: Double, exponent: Int) {
  // The powers of ten end before the smallest numbers do.
  guard abs(number) > 1e-290 else {
    let (mantissa, exponent) = decimalParts(of: number * 1e40, decimals: decimals)
    return (mantissa, exponent - 40)
  }
  let exponent = Int(floor(log10(abs(number))))
  let mantissa = abs(number) / pow(10, Double(exponent))
  let scale = pow(10, Double(decimals))
  // 9.96 with one decimal is 10.0, that is 1.0 and one more in the exponent.
  return (mantissa * scale).rounded() < 10 * scale
    ? (mantissa, exponent) : (mantissa / 10, exponent + 1)
}
