internal import MMDiT
public import Tensors

/// The tensors of a run in the file of a set (formats/golden-set.md).
///
/// T image tokens, C channels of each, L text tokens, J width of an embedding, n steps, height and
/// width in pixels.
public enum GoldenTensor: String, CaseIterable, Sendable {
  /// The prompt embedding, `[L, J]`.
  case text = "prompt_embeds"
  /// The initial latents, `[T, C]`.
  case noise
  /// The noise levels that the network gets, `[n + 1]`.
  case sigmas
  /// The prediction for the prompt at each step, `[n, T, C]`.
  case velocity
  /// The prediction for the negative prompt at each step, `[n, T, C]`.
  case negativeVelocity = "negative_velocity"
  /// The clean latents of the reference picture, `[T of the reference, C]`.
  case referenceTokens = "reference_tokens"
  /// What the autoencoder decodes, `[C / 4, height / 8, width / 8]`.
  case decoderLatents = "vae_latents"
  /// The picture, `[height, width, 3]` of U8.
  case image

  /// Its name in a set, for the run of that id.
  public func name(of id: String) -> String { "\(id).\(rawValue)" }

  /// The name of the negative prompt's embedding, `[L, J]`, which runs with L text tokens share.
  public static func negativeText(tokenCount: Int) -> String {
    "negative_prompt_embeds.\(tokenCount)"
  }

  public var elementType: ElementType { self == .image ? .uint8 : .float32 }

  /// Its extents for a run; `reference` is the grid of the run's reference picture, if it has one.
  func extents(
    for golden: Golden, channels: Int, textWidth: Int, reference: TokenGrid?
  ) -> [Int] {
    let tokens = golden.grid.tokenCount ?? 0
    switch self {
    case .text: return [golden.textTokenCount, textWidth]
    case .noise: return [tokens, channels]
    case .sigmas: return [golden.steps + 1]
    case .velocity, .negativeVelocity: return [golden.steps, tokens, channels]
    case .referenceTokens: return [reference?.tokenCount ?? 0, channels]
    case .decoderLatents:
      return [channels / 4, 2 * golden.grid.height, 2 * golden.grid.width]
    case .image: return [golden.grid.pixelHeight, golden.grid.pixelWidth, 3]
    }
  }
}
