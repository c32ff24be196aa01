public import Failures

/// A path that leads to weights, but not to those that were meant.
public enum CheckpointFailure: DiagnosedFailure, Equatable {
  /// One component was expected.
  case severalComponents(path: String, found: [String])

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .severalComponents(let path, let found):
      return """
        \(path): expected one component or one transformer, found \(found.joined(separator: ", "))
        Convert the file to a folder first; then name one of the components.
        """
    }
  }
}
