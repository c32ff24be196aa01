public import Failures
public import Tensors

/// Why an encoder cannot be built or cannot encode a prompt.
public enum TextEncoderFailure: DiagnosedFailure, Equatable {
  /// A component of a family that has no layers of this kind.
  case notATextEncoder(origin: String, title: String)
  /// Weights that the configuration asks for are missing or have another shape; all of them, in the
  /// order in which the network uses them.
  case weights(origin: String, problems: [Problem])
  /// A prompt does not fit the encoder; `prompt` is its index among those given.
  case prompt(origin: String, prompt: Int, subject: String, expected: String, found: String)
  /// Hidden states that the encoder does not have.
  case layers(origin: String, expected: String, found: String)

  /// What is wrong with one weight; without a shape it is not there.
  public struct Problem: Hashable, Sendable {
    public var name: String
    public var expected: Shape
    public var found: Shape?

    public init(name: String, expected: Shape, found: Shape?) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  public var kind: FailureKind {
    switch self {
    case .notATextEncoder, .prompt, .layers: .usage
    case .weights: .badData
    }
  }

  public var description: String {
    switch self {
    case .notATextEncoder(let origin, let title):
      """
      \(origin): expected a Qwen3 or Mistral 3 text encoder, found a \(title)
      The text encoder of a pipeline lies in its folder text_encoder.
      """
    case .weights(let origin, let problems):
      Self.describe(origin, problems)
    case .prompt(let origin, let prompt, let subject, let expected, let found):
      "\(origin): prompt \(prompt): \(subject): expected \(expected), found \(found)"
    case .layers(let origin, let expected, let found):
      "\(origin): layers: expected \(expected), found \(found)"
    }
  }

  private static func describe(_ origin: String, _ problems: [Problem]) -> String {
    let shown = 8
    var lines = problems.prefix(shown).map { problem in
      "\(origin): tensor \"\(problem.name)\": expected shape \(problem.expected), found "
        + (problem.found.map(\.description) ?? "no such tensor")
    }
    if problems.count > shown { lines.append("and \(problems.count - shown) more") }
    lines.append("Compare the encoder's config.json with the file: they describe two models.")
    return lines.joined(separator: "\n")
  }
}
