internal import StrictJSON

/// A token that is found in a text before the text is split, as `added_tokens` has it.
struct AddedToken: Sendable {
  /// The UTF-8 bytes that are looked for.
  var content: [UInt8]
  let identifier: Int
  /// Whether it is not found where a letter, mark, digit or underscore stands beside it.
  let isSingleWord: Bool
  /// Whether whitespace before it belongs to it.
  let takesSpaceBefore: Bool
  /// Whether whitespace behind it belongs to it.
  let takesSpaceBehind: Bool
  /// Whether it is looked for in normalized text.
  let isNormalized: Bool

  /// The longest content, in bytes; published ones have up to 30.
  private static let longestContent = 1024

  /// Reads `added_tokens`.
  ///
  /// Numbers are those of the document; the `tokenizers` package counts them up from the vocabulary's
  /// size, which is the same in all that it writes itself. Throws when a number is another token's, a
  /// content occurs twice or is a token of another number.
  static func read(_ field: JSONField?, vocabulary: Vocabulary) throws -> [AddedToken] {
    var contents: Set<[UInt8]> = []
    var taken: Set<Int> = []
    return try (field?.array() ?? []).map { field in
      let text = try field["content"].string()
      let content = Array(text.utf8)
      guard (1...longestContent).contains(content.count) else {
        throw try field["content"].failure(
          expected: "1 to \(longestContent) bytes", found: "\(content.count)")
      }
      let identifier = try field["id"].integer(in: Vocabulary.range)
      let owner = identifier < vocabulary.texts.count ? vocabulary.texts[identifier] : nil
      // Compared as bytes: two spellings of é are two tokens.
      guard taken.insert(identifier).inserted, owner.map({ Array($0.utf8) == content }) ?? true
      else {
        throw try field["id"].failure(
          expected: "a number of its own", found: "\(identifier), which another token has")
      }
      guard contents.insert(content).inserted,
        vocabulary.identifiers[content].map({ $0 == identifier }) ?? true
      else {
        throw try field["content"].failure(
          expected: "a token of its own",
          found: "\(text.quotedForMessage), which has another number, too")
      }
      func flag(_ key: String, default value: Bool) throws -> Bool {
        try field.optional(key)?.bool() ?? value
      }
      return try AddedToken(
        content: content, identifier: identifier,
        isSingleWord: flag("single_word", default: false),
        takesSpaceBefore: flag("lstrip", default: false),
        takesSpaceBehind: flag("rstrip", default: false),
        isNormalized: flag("normalized", default: !flag("special", default: false)))
    }
  }
}
