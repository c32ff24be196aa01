public import Tensors

/// What is wrong with one weight that a network needs.
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

  /// What is wrong with the weights of a source, in the order of what is required.
  package static func find(
    _ required: some Sequence<ComponentWeight>, in weights: any WeightSource
  ) -> [WeightProblem] {
    required.compactMap { required in
      guard let found = weights.weight(named: required.name)?.shape else {
        return .missing(name: required.name, expected: required.shape)
      }
      return found == required.shape
        ? nil : .misshapen(name: required.name, expected: required.shape, found: found)
    }
  }

  /// The text of a failure: the first problems, how many more there are, and what to do. `network` is
  /// what has the configuration, as `transformer`.
  package static func text(
    _ problems: [WeightProblem], origin: String, network: String
  ) -> String {
    let shown = 8
    var lines = problems.prefix(shown).map { "\(origin): \($0)" }
    if problems.count > shown { lines.append("and \(problems.count - shown) more") }
    lines.append("Compare the \(network)'s config.json with the file: they describe two models.")
    return lines.joined(separator: "\n")
  }
}
