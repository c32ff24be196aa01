public import Failures
public import Families

/// Why an encoder cannot be built or cannot encode a prompt.
public enum TextEncoderFailure: DiagnosedFailure, Equatable {
  /// A component of a family that has no layers of this kind.
  case notATextEncoder(origin: String, title: String)
  /// Weights that the configuration asks for are missing or have another shape; all of them, in the
  /// order in which the network uses them.
  case weights(origin: String, problems: [WeightProblem])
  /// A prompt does not fit the encoder; `prompt` is its index among those given.
  case prompt(origin: String, prompt: Int, subject: String, expected: String, found: String)
  /// Hidden states that the encoder does not have.
  case layers(origin: String, expected: String, found: String)

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
      WeightProblem.text(problems, origin: origin, network: "text encoder")
    case .prompt(let origin, let prompt, let subject, let expected, let found):
      "\(origin): prompt \(prompt): \(subject): expected \(expected), found \(found)"
    case .layers(let origin, let expected, let found):
      "\(origin): layers: expected \(expected), found \(found)"
    }
  }
}
