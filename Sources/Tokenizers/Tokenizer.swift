internal import Storage
internal import StrictJSON

/// A byte-level BPE tokenizer as `tokenizer.json` describes it: text to numbers of tokens.
///
/// In this order, as the `tokenizers` package does it: added tokens that are not normalized are found;
/// the text between them is normalized (NFC, or not at all) and those that are normalized are found;
/// what is left is split into words by one of two expressions, and the bytes of each word are paired.
/// The same text has the same numbers everywhere: properties of characters are those of the Unicode
/// versions that the package has, see ``ScalarClass`` and `composed(_:)`.
///
/// What the document says of truncation, padding and of tokens put around every text (its
/// `post_processor`) is left alone: `PromptStyle` says that of a prompt.
public struct Tokenizer: Sendable {
  /// The path of the document, with which messages begin.
  public let path: String
  /// The texts of the tokens by their numbers; nil where there is none.
  private let texts: [String?]
  private let vocabulary: Vocabulary
  private let pairs: BytePairs
  private let normalization: Normalization
  private let pattern: SplitPattern
  /// Added tokens that are looked for in the text as it is.
  private let plainTokens: AddedTokens
  /// Added tokens that are looked for in normalized text, normalized themselves.
  private let normalizedTokens: AddedTokens

  /// The longest `tokenizer.json` that is read, in bytes; Mistral's has 17 million.
  private static let largestDocument = 64 << 20

  /// The longest text that is taken, in bytes. One word of it needs 70 times its bytes in memory.
  static let longestText = 16 << 20

  /// Opens a `tokenizer.json`, or that of a folder.
  ///
  /// Needs about 20 times the size of the file while it reads, and 2 times afterwards.
  ///
  /// Throws `StorageFailure` when it cannot be read, `JSONFailure` when it is no document of a
  /// tokenizer, `TokenizerFailure` when it is one of another kind.
  public static func open(_ path: String) throws -> Tokenizer {
    let file =
      FileSystem.kind(of: path) == .folder ? FileSystem.path(path, "tokenizer.json") : path
    let bytes = try FileReader.contents(of: file, limit: largestDocument)
    return try Tokenizer(JSONField.parse(bytes, document: file))
  }

  /// The tokenizer of a document.
  init(_ document: JSONField) throws {
    path = document.document
    let model = try document["model"]
    try Self.checkModel(model)
    vocabulary = try Vocabulary(model["vocab"])
    pairs = try BytePairs(
      model["merges"], vocabulary: vocabulary,
      wholeWordsFirst: model.optional("ignore_merges")?.bool() ?? false)
    normalization = try Normalization(document.optional("normalizer"))
    pattern = try SplitPattern(document["pre_tokenizer"])
    let added = try AddedToken.read(document.optional("added_tokens"), vocabulary: vocabulary)
    plainTokens = AddedTokens(added.filter { !$0.isNormalized })
    normalizedTokens = AddedTokens(
      added.filter(\.isNormalized).map { [normalization] in
        var token = $0
        token.content = normalization.normalized(token.content)
        return token
      })
    var texts = vocabulary.texts
    for token in added {
      while texts.count <= token.identifier { texts.append(nil) }
      texts[token.identifier] = String(decoding: token.content, as: UTF8.self)
    }
    self.texts = texts
    addedIdentifiers = Dictionary(
      added.map { ($0.content, $0.identifier) }, uniquingKeysWith: { first, _ in first })
  }

  /// The numbers of added tokens by their UTF-8 bytes.
  private let addedIdentifiers: [[UInt8]: Int]

  /// The numbers of a text's tokens. Added tokens in the text are recognised, none are put around it;
  /// an empty text has none.
  ///
  /// - Complexity: n log n for n bytes.
  ///
  /// Throws when the text has more than 16 MiB.
  public func encode(_ text: String) throws(TokenizerFailure) -> [Int] {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.longestText else {
      throw .textTooLong(document: path, byteCount: bytes.count, limit: Self.longestText)
    }
    var identifiers: [Int] = []
    for part in plainTokens.parts(of: bytes) {
      guard case .text(let range) = part else {
        part.identifier.map { identifiers.append($0) }
        continue
      }
      let text = normalization.normalized(Array(bytes[range]))
      for part in normalizedTokens.parts(of: text) {
        switch part {
        case .token(let identifier): identifiers.append(identifier)
        case .text(let range):
          let section = Array(text[range])
          var start = 0
          for end in pattern.wordEnds(in: section) {
            pairs.append(word: section[start..<end], vocabulary: vocabulary, to: &identifiers)
            start = end
          }
        }
      }
    }
    return identifiers
  }

  /// The token of a number as the document spells it, in byte-level characters; nil when there is none.
  public func token(_ identifier: Int) -> String? {
    texts.indices.contains(identifier) ? texts[identifier] : nil
  }

  /// The number of a token as the document spells it, in byte-level characters; nil when there is none.
  public func identifier(of token: String) -> Int? {
    addedIdentifier(of: token) ?? vocabulary.identifiers[Array(token.utf8)]
  }

  /// The number of an added token, which is recognised in text; nil when there is none.
  func addedIdentifier(of token: String) -> Int? { addedIdentifiers[Array(token.utf8)] }

  /// Throws when words are paired by other rules than those of byte-level text.
  private static func checkModel(_ model: JSONField) throws {
    func refuse(_ field: JSONField, _ expected: String) -> TokenizerFailure {
      .unsupported(
        document: field.document, place: field.path, expected: expected,
        found: String(field.value.compact().prefix(80)))
    }
    // Old documents say no type.
    if let type = try model.optional("type"), try type.string() != "BPE" {
      throw refuse(type, "byte pairs (BPE)")
    }
    if let dropout = try model.optional("dropout"), try dropout.double() != 0 {
      throw refuse(dropout, "no dropout")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let mark = try model.optional(key), try !mark.string().isEmpty {
        throw refuse(mark, "no marks at words")
      }
    }
  }
}
