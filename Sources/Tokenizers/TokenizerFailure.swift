public import Failures
internal import StrictJSON

/// A tokenizer that cannot be used, or a text that it cannot take.
public enum TokenizerFailure: DiagnosedFailure, Equatable {
  /// A document asks for what is not done here; `place` is where in the document.
  case unsupported(document: String, place: String, expected: String, found: String)
  /// Bytes that text can have and that no token stands for.
  case missingBytes(document: String, bytes: [UInt8])
  /// Tokens that the form of a prompt needs and that are no added tokens of the document.
  case missingTokens(document: String, style: String, tokens: [String])
  case textTooLong(document: String, byteCount: Int, limit: Int)
  /// A number of tokens that a prompt cannot be made to have.
  case wrongLength(length: Int, range: ClosedRange<Int>)

  public var kind: FailureKind {
    switch self {
    case .unsupported, .missingBytes, .missingTokens: .badData
    case .textTooLong, .wrongLength: .usage
    }
  }

  public var description: String {
    switch self {
    case .unsupported(let document, let place, let expected, let found):
      return """
        \(document): \(place): expected \(expected), found \(found)
        Tokenizers of Qwen2 and of Mistral (Tekken) are read.
        """
    case .missingBytes(let document, let bytes):
      let shown = bytes.prefix(8).map(String.init).joined(separator: ", ")
      return """
        \(document): model.vocab: expected a token for every byte of a text, found none for \
        \(bytes.count) of them: \(shown)
        """
    case .missingTokens(let document, let style, let tokens):
      let shown = tokens.map(\.quotedForMessage).joined(separator: ", ")
      return """
        \(document): added_tokens: expected those of a prompt for \(style), found no \(shown)
        Take the tokenizer of the same pipeline as the text encoder.
        """
    case .textTooLong(let document, let byteCount, let limit):
      return "\(document): text: expected at most \(limit) bytes, found \(byteCount)"
    case .wrongLength(let length, let range):
      return """
        prompt: expected a length from \(range.lowerBound) to \(range.upperBound) tokens, found \
        \(length)
        """
    }
  }
}
