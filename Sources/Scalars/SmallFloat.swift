/// A floating-point format of at most eight bits, and the numbers its codes stand for.
///
/// A code is sign, exponent, fraction, from the highest bit down. With `bias` b and f fraction
/// bits: exponent 0 stands for ± fraction · 2^(1 − b − f), exponent e for
/// ± (1 + fraction · 2^−f) · 2^(e − b). `Specials` says which codes are no numbers.
///
/// Source: OCP 8-bit Floating Point Specification 1.0, OCP Microscaling Formats 1.0; the FNUZ
/// formats: Noune et al., 8-bit Numerical Formats for Deep Neural Networks (2022).
public struct SmallFloat: Sendable {
  /// The codes that are no finite numbers.
  public enum Specials: Sendable {
    /// The highest exponent is infinity (fraction 0) or NaN.
    case infinityAndNaN
    /// All exponent and fraction bits set is NaN; nothing is infinite.
    case topCodeIsNaN
    /// The code of −0 is NaN; nothing is infinite.
    case negativeZeroIsNaN
    /// Every code is a finite number.
    case none
  }

  /// The width of a code.
  public let bitWidth: Int
  /// The number of every code, by code: 2^bitWidth of them.
  public let values: [Float]

  init(exponentBits: Int, fractionBits: Int, bias: Int, specials: Specials) {
    bitWidth = 1 + exponentBits + fractionBits
    let topExponent = (1 << exponentBits) - 1
    let topFraction = (1 << fractionBits) - 1
    let signCode = 1 << (exponentBits + fractionBits)
    values = (0..<1 << bitWidth).map { code in
      let exponent = code >> fractionBits & topExponent
      let fraction = code & topFraction
      switch specials {
      case .infinityAndNaN where exponent == topExponent:
        let infinity: Float = code & signCode == 0 ? .infinity : -.infinity
        return fraction == 0 ? infinity : .nan
      case .topCodeIsNaN where exponent == topExponent && fraction == topFraction: return .nan
      case .negativeZeroIsNaN where code == signCode: return .nan
      default:
        let significand = exponent == 0 ? fraction : fraction + topFraction + 1
        // A product of a small integer and a power of two in Float's range is exact.
        return Float(
          sign: code & signCode == 0 ? .plus : .minus,
          exponent: max(exponent, 1) - bias - fractionBits, significand: Float(significand))
      }
    }
  }

  /// The number of one code; bits above `bitWidth` are ignored.
  public func value(ofCode code: UInt8) -> Float {
    values[Int(code) & (values.count - 1)]
  }
}

extension SmallFloat {
  /// FP8 E4M3, the "fn" variant: ±448, one NaN of each sign, no infinity.
  public static let e4m3 = SmallFloat(
    exponentBits: 4, fractionBits: 3, bias: 7, specials: .topCodeIsNaN)
  /// FP8 E5M2: ±57344, infinities and NaNs as in IEEE 754.
  public static let e5m2 = SmallFloat(
    exponentBits: 5, fractionBits: 2, bias: 15, specials: .infinityAndNaN)
  /// FP8 E4M3 FNUZ: ±240, one NaN, no −0, no infinity.
  public static let e4m3fnuz = SmallFloat(
    exponentBits: 4, fractionBits: 3, bias: 8, specials: .negativeZeroIsNaN)
  /// FP8 E5M2 FNUZ: ±57344, one NaN, no −0, no infinity.
  public static let e5m2fnuz = SmallFloat(
    exponentBits: 5, fractionBits: 2, bias: 16, specials: .negativeZeroIsNaN)
  /// FP6 E2M3: ±7.5, finite.
  public static let e2m3 = SmallFloat(exponentBits: 2, fractionBits: 3, bias: 1, specials: .none)
  /// FP6 E3M2: ±28, finite.
  public static let e3m2 = SmallFloat(exponentBits: 3, fractionBits: 2, bias: 3, specials: .none)
  /// FP4 E2M1: ±6, finite.
  public static let e2m1 = SmallFloat(exponentBits: 2, fractionBits: 1, bias: 1, specials: .none)
}
