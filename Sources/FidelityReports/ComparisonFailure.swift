public import Failures

/// Reports that cannot be compared.
public enum ComparisonFailure: DiagnosedFailure, Equatable {
  /// The reports are on different goldens; the texts are the digests of their files.
  case differentGoldens(baseline: String, current: String)

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .differentGoldens(let baseline, let current):
      """
      golden_set.sha256: expected \(baseline), that of the baseline, found \(current)
      Runs of different golden sets cannot be paired: make the baseline again with the new set.
      """
    }
  }
}
