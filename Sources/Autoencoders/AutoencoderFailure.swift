public import Failures
public import Families

/// Why an autoencoder cannot be built or cannot take an input.
public enum AutoencoderFailure: DiagnosedFailure, Equatable {
  /// A component that is not the autoencoder of FLUX.2.
  case family(origin: String, found: Family)
  /// Weights the configuration asks for are missing or have another shape; all of them, in the
  /// order in which the network uses them.
  case weights(origin: String, problems: [WeightProblem])
  /// A number of the configuration or of the batch statistics that the network cannot compute with.
  case number(origin: String, subject: String, expected: String, found: String)
  /// Tokens, latents or a picture that do not fit the network.
  case input(origin: String, subject: String, expected: String, found: String)

  public var kind: FailureKind {
    switch self {
    case .family, .weights, .number: .badData
    case .input: .usage
    }
  }

  public var description: String {
    switch self {
    case .family(let origin, let found):
      """
      \(origin): expected a FLUX.2 autoencoder, found \(Self.name(of: found))
      It can be inspected and converted; pictures are decoded and encoded for FLUX.2 only, whose \
      latents have 32 channels and batch statistics.
      """
    case .weights(let origin, let problems):
      WeightProblem.text(problems, origin: origin, network: "autoencoder")
    case .number(let origin, let subject, let expected, let found):
      """
      \(origin): \(subject): expected \(expected), found \(found)
      Compare the autoencoder's config.json and file with the published ones.
      """
    case .input(let origin, let subject, let expected, let found):
      "\(origin): \(subject): expected \(expected), found \(found)"
    }
  }

  private static func name(of family: Family) -> String {
    family == .autoencoder
      ? "the autoencoder of FLUX.1 or Stable Diffusion 3" : "the component \(family.title)"
  }
}
