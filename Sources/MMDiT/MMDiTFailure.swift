public import Failures
public import Tensors

/// What is wrong with one weight the network needs.
public enum WeightProblem: Hashable, Sendable, CustomStringConvertible {
  case missing(name: String, expected: Shape)
  case misshapen(name: String, expected: Shape, found: Shape)

  public var description: String {
    switch self {
    case .missing(let name, let expected):
      "tensor \"\(name)\": expected shape \(expected), found no such tensor"
    case .misshapen(let name, let expected, let found):
      "tensor \"\(name)\": expected shape \(expected), found \(found)"
    }
  }
}

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
      Self.describe(origin, problems)
    case .input(let origin, let input, let subject, let expected, let found):
      "\(origin): input \(input): \(subject): expected \(expected), found \(found)"
    }
  }

  private static func describe(_ origin: String, _ problems: [WeightProblem]) -> String {
    let shown = 8
    var lines = problems.prefix(shown).map { "\(origin): \($0)" }
    if problems.count > shown { lines.append("and \(problems.count - shown) more") }
    lines.append("Compare the transformer's config.json with the file: they describe two models.")
    return lines.joined(separator: "\n")
  }
}
