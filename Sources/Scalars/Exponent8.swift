/// A power of two in one byte, the scale of the microscaling formats (E8M0): no sign, no fraction.
///
/// Source: OCP Microscaling Formats 1.0, section 5.4.1.
public struct Exponent8: Hashable, Sendable {
  /// The exponent plus 127; 255 is NaN.
  public let code: UInt8

  public init(code: UInt8) {
    self.code = code
  }
}

extension Float {
  /// 2^(code − 127), exact: code 0 is a subnormal `Float`. Code 255 is NaN.
  public init(_ value: Exponent8) {
    self =
      switch value.code {
      case 255: .nan
      // 2^−127 has only a fraction bit: half the least normal number.
      case 0: Float(bitPattern: 0x0040_0000)
      case let code: Float(bitPattern: UInt32(code) << 23)
      }
  }
}
