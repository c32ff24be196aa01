internal import Glibc
internal import ToolKit

/// A number so short that it fits a tick of an axis: `0.05`, `200`, `1e-4`.
package func tickText(_ number: Double) -> String {
  guard number != 0 else { return "0" }
  if abs(number) < 0.99e-3 || abs(number) >= 1e6 {
    let exponent = Int(floor(log10(abs(number)) + 1e-9))
    let mantissa = number / pow(10, Double(exponent))
    return trimmed(decimalText(mantissa, decimals: 1)) + "e\(exponent)"
  }
  return trimmed(decimalText(number, decimals: 6))
}

/// A number as JavaScript reads it, for sorting; empty for what is not a number.
package func sortKey(_ number: Double) -> String {
  number.isNaN ? "" : number.isInfinite ? (number > 0 ? "1e999" : "-1e999") : "\(number)"
}

/// Without the zeros at the end of a fraction.
private func trimmed(_ text: String) -> String {
  guard text.contains(".") else { return text }
  var text = text
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}
