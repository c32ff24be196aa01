/// The tokens of a prompt as a text encoder gets them: always as many as were asked for.
public struct PromptTokens: Hashable, Sendable {
  /// The numbers of the tokens, padding included.
  public var identifiers: [Int]
  /// False for padding.
  public var mask: [Bool]

  public init(identifiers: [Int], mask: [Bool]) {
    self.identifiers = identifiers
    self.mask = mask
  }
}

/// The lengths that a prompt can be made to have.
private let promptLengths = 1...1 << 20

/// The tokens of a prompt in the form of a pipeline.
///
/// A text with more than `length` tokens loses those behind, so that the end of the form is cut, too;
/// one with fewer is padded, on the right for klein and on the left for dev. Both as diffusers 0.42.1
/// does it (`Flux2KleinPipeline._get_qwen3_prompt_embeds`,
/// `Flux2Pipeline._get_mistral_3_small_prompt_embeds`).
///
/// Throws when the tokenizer lacks a token of the form, or the length is not from 1 to 2²⁰.
public func promptTokens(
  _ prompt: String, style: PromptStyle, length: Int, tokenizer: Tokenizer
) throws(TokenizerFailure) -> PromptTokens {
  guard promptLengths.contains(length) else {
    throw .wrongLength(length: length, range: promptLengths)
  }
  let missing = style.requiredTokens.filter { tokenizer.addedIdentifier(of: $0) == nil }
  guard missing.isEmpty, let padding = tokenizer.addedIdentifier(of: style.paddingToken) else {
    throw .missingTokens(document: tokenizer.path, style: "\(style)", tokens: missing)
  }
  let tokens = try tokenizer.encode(style.text(of: prompt)).prefix(length)
  let fill = Array(repeating: padding, count: length - tokens.count)
  let masked = Array(repeating: false, count: fill.count)
  let seen = Array(repeating: true, count: tokens.count)
  return switch style {
  case .klein: PromptTokens(identifiers: tokens + fill, mask: seen + masked)
  case .dev: PromptTokens(identifiers: fill + tokens, mask: masked + seen)
  }
}
