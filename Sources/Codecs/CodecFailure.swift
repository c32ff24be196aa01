public import Failures

/// Why values have no codes, or bytes no values. The caller, who knows file and tensor, says them.
public enum CodecFailure: DiagnosedFailure, Hashable {
  /// A value is NaN or infinite, or its scale would be.
  case notFinite(row: Int, column: Int, value: String)
  /// An array holds something that no encoder writes.
  case badArray(ending: String, expected: String, found: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .notFinite(let row, let column, let value):
      """
      row \(row), column \(column): expected a finite value, found \(value)
      Such a weight has no code; the checkpoint is damaged, or was not meant to be quantized.
      """
    case .badArray(let ending, let expected, let found):
      """
      \(ending): expected \(expected), found \(found)
      The file is damaged, or its program stores codes in another way.
      """
    }
  }
}
