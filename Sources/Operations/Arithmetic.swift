internal import CKernels
internal import Tensors

/// What a network's large products are computed in.
///
/// Both factors are rounded to the numbers of the arithmetic; what the products add up to is
/// float32 again, and so is everything between products. Where the processor has no instructions
/// for an arithmetic it takes as long as float32 or longer; the result is the same but for how the
/// sums round.
public enum Arithmetic: String, CaseIterable, Sendable {
  /// Products and sums of float32: the reference.
  case float32
  /// Factors with 8 significant bits, off by 2⁻⁹ of themselves at most; sums of float32.
  case bfloat16
  /// Integers of −127 … 127 times the scale of their row, largest magnitude / 127: activations by
  /// token, weights by output, each off by half a scale at most. Their sums are exact. Weights that
  /// are stored as int8 with a scale for each row are taken as they were coded.
  case int8

  /// Whether panels take rows of that coding as a file has them: those of int8 need the scales of
  /// rows, which bfloat16 has not.
  func takes(_ coding: RowCoding) -> Bool { self != .int8 || coding == .int8 }

  /// How panels store it.
  var format: mmdit_format {
    switch self {
    case .float32: mmdit_format(MMDIT_FLOAT32)
    case .bfloat16: mmdit_format(MMDIT_BFLOAT16)
    case .int8: mmdit_format(MMDIT_INT8)
    }
  }

  /// The longest sum that 32 bits hold, where they must be exact.
  var largestDepth: Int { self == .int8 ? 1 << 16 : Int.max }
}

extension Arithmetic {
  /// The name of a candidate in this arithmetic, where others have the candidate too: `int8@bfloat16`,
  /// `int8` alone in float32.
  public func qualified(_ name: String) -> String {
    let ending = "@\(rawValue)"
    return self == .float32 || name.hasSuffix(ending) ? name : name + ending
  }
}

extension RowCoding {
  /// The format of panels that is coded so.
  var format: mmdit_format {
    switch self {
    case .bfloat16: mmdit_format(MMDIT_BFLOAT16)
    case .int8: mmdit_format(MMDIT_INT8)
    }
  }
}
