public import Failures
public import Operations

/// Reports that cannot be compared.
public enum ComparisonFailure: DiagnosedFailure, Equatable {
  /// The reports are on different goldens; the texts are the digests of their files.
  case differentGoldens(baseline: String, current: String)
  /// A candidate was run in another arithmetic, so that it is not the candidate that differs.
  case differentArithmetic(candidate: String, baseline: Arithmetic, current: Arithmetic)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .differentGoldens(let baseline, let current):
      """
      golden_set.sha256: expected \(baseline), that of the baseline, found \(current)
      Runs of different golden sets cannot be paired: make the baseline again with the new set.
      """
    case .differentArithmetic(let candidate, let baseline, let current):
      """
      \(candidate): arithmetic: expected \(baseline.rawValue), that of the baseline, found \
      \(current.rawValue)
      A gate holds a candidate to itself: run both in one arithmetic. mmdit-report compare says what \
      another arithmetic costs.
      """
    }
  }
}
