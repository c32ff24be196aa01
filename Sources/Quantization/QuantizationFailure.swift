public import Failures

/// Why values cannot be quantized. Rows and columns are those of the values given; the caller, who
/// knows the file and the tensor, says them.
public enum QuantizationFailure: DiagnosedFailure, Hashable {
  /// A value is NaN or infinite.
  case notFinite(row: Int, column: Int, value: String)
  /// A group's values are too large for the type of its scale.
  case scaleOverflow(row: Int, columns: Range<Int>, scale: String, type: Scheme.ScaleType)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .notFinite(let row, let column, let value):
      """
      row \(row), column \(column): expected a finite value, found \(value)
      Such a weight has no code; the checkpoint is damaged, or was not meant to be quantized.
      """
    case .scaleOverflow(let row, let columns, let scale, let type):
      """
      row \(row), columns \(columns.lowerBound)..<\(columns.upperBound): expected a scale that \
      \(type.rawValue) can hold, found \(scale)
      \(type == .float16 ? "Choose bf16 or f32 scales." : "Leave this tensor unquantized.")
      """
    }
  }
}
