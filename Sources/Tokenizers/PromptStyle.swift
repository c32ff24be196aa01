/// How a pipeline puts a prompt to its text encoder. It follows from the pipeline's class, as in
/// diffusers, where the tokenizer's own chat template says the same for all published checkpoints.
public enum PromptStyle: Sendable, Hashable, CaseIterable {
  /// `Flux2KleinPipeline`: Qwen3's chat with one message and without thinking, padded on the right.
  case klein
  /// `Flux2Pipeline`: Mistral's chat with a system message, padded on the left.
  case dev

  /// The system message of ``dev``. The line break is a part of it.
  public static let devSystemMessage = """
    You are an AI that reasons about image descriptions. You give structured responses focusing on \
    object relationships, object
    attribution and actions without speculation.
    """

  /// The token that fills up to the length.
  public var paddingToken: String {
    switch self {
    case .klein: "<|endoftext|>"
    case .dev: "<pad>"
    }
  }

  /// The added tokens that the form of a prompt is made of, and that of the padding.
  var requiredTokens: [String] {
    switch self {
    case .klein: ["<|im_start|>", "<|im_end|>", "<think>", "</think>", paddingToken]
    case .dev:
      ["<s>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]", paddingToken]
    }
  }

  /// The whole text whose tokens the text encoder gets.
  ///
  /// Nothing is trimmed, and tokens that the prompt spells are recognised, as in diffusers. For ``dev``
  /// `[IMG]`, which would stand for a picture, is removed from the prompt.
  public func text(of prompt: String) -> String {
    switch self {
    case .klein:
      return "<|im_start|>user\n\(prompt)<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    case .dev:
      // As bytes: a combining mark behind a bracket does not hide it.
      let bytes = Array(prompt.utf8).replacing(Array("[IMG]".utf8), with: [])
      let prompt = String(decoding: bytes, as: UTF8.self)
      return "<s>[SYSTEM_PROMPT]\(Self.devSystemMessage)[/SYSTEM_PROMPT][INST]\(prompt)[/INST]"
    }
  }
}
