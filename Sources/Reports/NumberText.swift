internal import Glibc

/// A number with so many decimals, `–` when it is not finite.
func decimalText(_ number: Double, decimals: Int) -> String {
  guard number.isFinite, abs(number) < 1e15 else { return number == .infinity ? "∞" : "–" }
  let scale = pow(10, Double(decimals))
  let scaled = (abs(number) * scale).rounded()
  let whole = Int(scaled / scale)
  let fraction = String(Int(scaled - Double(whole) * scale))
  let sign = number < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return sign + String(whole) }
  return "\(sign)\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// A relative error: three significant digits, in powers of ten when it is below a thousandth.
func errorText(_ error: Double) -> String {
  guard error.isFinite, error != 0 else {
    return error == 0 ? "0" : decimalText(error, decimals: 0)
  }
  let exponent = Int(floor(log10(abs(error))))
  guard exponent < -3 else { return decimalText(error, decimals: max(0, 2 - exponent)) }
  let mantissa = decimalText(error / pow(10, Double(exponent)), decimals: 1)
  return "\(mantissa)e\(exponent)"
}
