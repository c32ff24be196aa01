public import Failures

/// Why a schedule or a run cannot be sampled.
public enum SamplingFailure: DiagnosedFailure {
  /// A schedule's numbers cannot be used.
  case schedule(subject: String, expected: String, found: String)
  /// Noise cannot be drawn for a picture of that size.
  case noise(expected: String, found: String)

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .schedule(let subject, let expected, let found):
      "schedule: \(subject): expected \(expected), found \(found)"
    case .noise(let expected, let found):
      "noise: expected \(expected), found \(found)"
    }
  }
}
