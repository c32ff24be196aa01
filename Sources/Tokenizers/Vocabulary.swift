internal import StrictJSON

/// The tokens that bytes are paired to, spelled in byte-level characters.
struct Vocabulary: Sendable {
  /// The numbers of tokens by the UTF-8 bytes of their spelling.
  ///
  /// Not by `String`, which holds two spellings of é for equal.
  let identifiers: [[UInt8]: Int]
  /// The tokens by their numbers; nil where there is none.
  let texts: [String?]
  /// The numbers of the tokens of single bytes; those of bytes that UTF-8 never has may be -1.
  let byteIdentifiers: [Int]

  /// The numbers that are taken; published vocabularies have up to 262144 tokens.
  static let range = 0...(1 << 20) - 1

  /// Reads `model.vocab`. Throws when two tokens have one number, or a byte of text has no token.
  init(_ field: JSONField) throws {
    let object = try field.object()
    var identifiers: [[UInt8]: Int] = [:]
    identifiers.reserveCapacity(object.count)
    var texts: [String?] = []
    for member in object {
      guard case .number(let number) = member.value, let identifier = number.integer,
        Self.range.contains(identifier)
      else {
        // Looked up again for the message, which says where it is.
        _ = try field[member.key].integer(in: Self.range)
        continue
      }
      if identifier >= texts.count {
        texts += Array(repeating: nil, count: identifier + 1 - texts.count)
      }
      guard texts[identifier] == nil else {
        throw try field[member.key].failure(
          expected: "a number of its own", found: "\(identifier), which another token has")
      }
      texts[identifier] = member.key
      identifiers[Array(member.key.utf8)] = identifier
    }
    let byteIdentifiers = (UInt8(0)...255).map { [identifiers] in
      identifiers[ByteLevel.spelling(of: $0)] ?? -1
    }
    let missing = (UInt8(0)...255).filter {
      byteIdentifiers[Int($0)] < 0 && ByteLevel.occursInText($0)
    }
    guard missing.isEmpty else {
      throw TokenizerFailure.missingBytes(document: field.document, bytes: missing)
    }
    self.byteIdentifiers = byteIdentifiers
    self.identifiers = identifiers
    self.texts = texts
  }
}
