internal import Glibc

/// A number with so many decimals: `∞` and `−∞` for the infinite, `–` for what is not a number.
///
/// The magnitude is below 2^53 / 10^decimals in every use; larger ones are written in powers of ten.
package func decimalText(_ number: Double, _ decimals: Int) -> String {
  guard !number.isNaN else { return "–" }
  guard number.isFinite else { return number > 0 ? "∞" : "−∞" }
  let scale = pow(10, Double(decimals))
  let scaled = (abs(number) * scale).rounded()
  guard scaled < 0x1p53 else { return powerText(number) }
  let (whole, rest) = UInt64(scaled).quotientAndRemainder(dividingBy: UInt64(scale))
  let sign = number < 0 && scaled > 0 ? "−" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let fraction = String(rest)
  return "\(sign)\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// An error: three significant digits; below a thousandth two, in powers of ten.
package func errorText(_ error: Double) -> String {
  guard error.isFinite, error != 0 else { return decimalText(error, 0) }
  guard abs(error) >= 1e-3, abs(error) < 1e6 else { return powerText(error) }
  let exponent = Int(floor(log10(abs(error))))
  return decimalText(error, max(0, 2 - exponent))
}

/// A number so short that it fits a tick of an axis: `0.05`, `200`, `1e-4`.
package func tickText(_ number: Double) -> String {
  guard number != 0 else { return "0" }
  if abs(number) < 0.99e-3 || abs(number) >= 1e6 {
    let exponent = Int(floor(log10(abs(number)) + 1e-9))
    let mantissa = number / pow(10, Double(exponent))
    return trimmed(decimalText(mantissa, 1)) + "e\(exponent)"
  }
  return trimmed(decimalText(number, 6))
}

/// A number as JavaScript reads it, for sorting; empty for what is not a number.
package func sortKey(_ number: Double) -> String {
  number.isNaN ? "" : number.isInfinite ? (number > 0 ? "1e999" : "-1e999") : "\(number)"
}

/// Two significant digits and a power of ten: `1.2e-7`.
private func powerText(_ number: Double) -> String {
  // Powers of ten end before the smallest numbers do.
  let isTiny = abs(number) < 1e-290
  let scaled = isTiny ? number * 1e40 : number
  var exponent = Int(floor(log10(abs(scaled))))
  var mantissa = scaled / pow(10, Double(exponent))
  if (abs(mantissa) * 10).rounded() >= 100 {
    mantissa /= 10
    exponent += 1
  }
  return decimalText(mantissa, 1) + "e\(exponent - (isTiny ? 40 : 0))"
}

/// Without the zeros at the end of a fraction.
private func trimmed(_ text: String) -> String {
  guard text.contains(".") else { return text }
  var text = text
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}
