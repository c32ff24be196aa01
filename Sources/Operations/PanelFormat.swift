internal import CKernels
internal import Tensors

/// What the words of panels hold.
package enum PanelFormat: Sendable {
  /// A number of float32.
  case float32
  /// Two numbers of bfloat16.
  case bfloat16
  /// Four integers; behind them come their scale and their sum.
  case int8
  /// Two numbers of bfloat16 of a right factor whose left one is float32: what products read of the
  /// weights is half as much, and to the bit the sums are those of float32.
  case widenedBFloat16

  /// How the kernels call it.
  var code: mmdit_format {
    switch self {
    case .float32: mmdit_format(MMDIT_FLOAT32)
    case .bfloat16: mmdit_format(MMDIT_BFLOAT16)
    case .int8: mmdit_format(MMDIT_INT8)
    case .widenedBFloat16: mmdit_format(MMDIT_WIDENED_BFLOAT16)
    }
  }

  /// That of the left factor where this is the right one's.
  var left: PanelFormat { self == .widenedBFloat16 ? .float32 : self }

  /// The longest sum that 32 bits hold, where they must be exact.
  private var largestDepth: Int { self == .int8 ? 1 << 16 : Int.max }

  /// The words of one row of that depth.
  func words(depth: Int) -> Int {
    precondition(depth <= largestDepth, "a sum of \(depth) products is not exact")
    return mmdit_panel_words(code, depth)
  }

  /// Whether panels take rows of that coding as a file has them: integers need one scale for a row.
  func takes(_ coding: RowCoding) -> Bool {
    switch self {
    case .float32, .bfloat16: true
    case .int8: coding == .int8
    case .widenedBFloat16: coding == .bfloat16
    }
  }
}
