public import Failures
public import Families

/// Why the network cannot be built or cannot take an input.
public enum MMDiTFailure: DiagnosedFailure {
  /// Weights the configuration asks for are missing or have another shape; all of them, in the
  /// order in which the network uses them.
  case weights(origin: String, problems: [WeightProblem])
  /// An input does not fit the network; `input` is its index in the batch.
  case input(origin: String, input: Int, subject: String, expected: String, found: String)

  public var kind: FailureKind {
    switch self {
    case .weights: .badData
    case .input: .usage
    }
  }

  public var description: String {
    switch self {
    case .weights(let origin, let problems):
      WeightProblem.text(problems, origin: origin, network: "transformer")
    case .input(let origin, let input, let subject, let expected, let found):
      "\(origin): input \(input): \(subject): expected \(expected), found \(found)"
    }
  }
}
