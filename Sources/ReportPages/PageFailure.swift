public import Failures

/// Why no page can be made. Missing pictures are no reason: the page says that they are missing.
public enum PageFailure: DiagnosedFailure, Equatable {
  /// There is nothing to show.
  case noReports
  /// A template of the suite is broken, which its tests exclude.
  case template(name: String, reason: String)

  public var kind: FailureKind {
    switch self {
    case .noReports: .usage
    case .template: .badData
    }
  }

  public var description: String {
    switch self {
    case .noReports:
      "report page: expected at least one report, found none"
    case .template(let name, let reason):
      "report page: template \"\(name)\": expected Mustache, found an error: \(reason)"
    }
  }
}
