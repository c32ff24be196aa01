package import Failures
internal import Glibc

/// What can go wrong in a tool outside the libraries it calls.
package enum ToolFailure: DiagnosedFailure, Equatable {
  /// Standard output took nothing more, for another reason than that its reader left.
  case standardOutput(errorNumber: Int32)

  package var kind: FailureKind {
    switch self {
    case .standardOutput(ENOSPC), .standardOutput(EDQUOT), .standardOutput(EFBIG): .noSpace
    case .standardOutput: .inputOutput
    }
  }

  package var description: String {
    switch self {
    case .standardOutput(let number):
      """
      standard output: result: expected to be written, found "\(systemMessage(number))"
      Make room, or send the result to another place.
      """
    }
  }
}
