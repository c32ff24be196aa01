internal import StrictJSON
@_spi(_Unicode) internal import Swift

/// What happens to text before it is split.
package enum Normalization: Sendable {
  case none
  /// Canonical composition (Unicode Standard Annex 15).
  case canonicalComposition

  /// Reads `normalizer`, nil where the document has none.
  init(_ field: JSONField?) throws {
    guard let field else {
      self = .none
      return
    }
    let type = try field["type"].string()
    guard type == "NFC" else {
      throw TokenizerFailure.unsupported(
        document: field.document, place: field.path, expected: "NFC or none",
        found: type.quotedForMessage)
    }
    self = .canonicalComposition
  }

  /// The text that is split, as UTF-8.
  package func normalized(_ text: [UInt8]) -> [UInt8] {
    switch self {
    case .none: text
    case .canonicalComposition: Self.composed(text)
    }
  }

  /// The canonical composition of a text with the characters of Unicode 9, as UTF-8.
  ///
  /// That is the version of the `tokenizers` package (crate `unicode-normalization-alignments` 0.1.12).
  /// A character that came later is there one without a combining class that nothing composes with, so
  /// the text before it and the text behind it are composed by themselves. By Unicode's stability
  /// policy the composition of older characters is the same in every version.
  private static func composed(_ text: [UInt8]) -> [UInt8] {
    // Below U+0300, whose first byte is 0xCC, nothing decomposes unless it composes again.
    guard text.contains(where: { $0 >= 0xCC }) else { return text }
    var result = ""
    var known = ""
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if let age = scalar.properties.age, age.major <= 9 {
        known.unicodeScalars.append(scalar)
      } else {
        // The standard library composes to compare strings, and has no other name for it yet.
        for scalar in known._nfc { result.unicodeScalars.append(scalar) }
        known = ""
        result.unicodeScalars.append(scalar)
      }
    }
    for scalar in known._nfc { result.unicodeScalars.append(scalar) }
    return Array(result.utf8)
  }
}
