public import Failures

/// A candidate that cannot be measured, or nothing to measure it with.
public enum FidelityFailure: DiagnosedFailure, Equatable {
  /// A candidate of another architecture than its reference.
  case otherArchitecture(candidate: String, reference: String)
  /// No golden is left to measure with.
  case nothingToMeasure(path: String)

  public var kind: FailureKind {
    switch self {
    case .nothingToMeasure: .usage
    case .otherArchitecture: .badData
    }
  }

  public var description: String {
    switch self {
    case .otherArchitecture(let candidate, let reference):
      return """
        \(candidate): expected the architecture of \(reference), found another
        Compare a candidate with the model that it was made from.
        """
    case .nothingToMeasure(let path):
      return "\(path): expected at least one golden that can be run, found none"
    }
  }
}
