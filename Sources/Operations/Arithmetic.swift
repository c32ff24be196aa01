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

  /// What panels of either factor hold.
  var format: PanelFormat {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}

extension Arithmetic {
  /// The name of a candidate in this arithmetic, where others have the candidate too: `int8@bfloat16`,
  /// `int8` alone in float32.
  public func qualified(_ name: String) -> String {
    let ending = "@\(rawValue)"
    return self == .float32 || name.hasSuffix(ending) ? name : name + ending
  }
}
