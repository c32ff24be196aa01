internal import StrictJSON

/// How text is split into words, in which bytes are paired.
///
/// A document has a regular expression for it. The two of the networks that are read here have a
/// scanner each (``WordScanner``), which needs linear time; another expression is refused.
enum SplitPattern: Sendable, CaseIterable {
  /// Qwen2 and Qwen3.
  case qwen2
  /// Mistral since Nemo.
  case tekken

  /// The expression as documents have it, in the syntax of Oniguruma.
  var expression: String {
    switch self {
    case .qwen2:
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
        + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    case .tekken:
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
        + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
        + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
  }

  /// Reads `pre_tokenizer`: a sequence of one `Split` by a known expression, each match and what is
  /// between them by itself, and `ByteLevel` without a space put before the text.
  init(_ field: JSONField) throws {
    func refuse(_ field: JSONField, _ expected: String) -> TokenizerFailure {
      .unsupported(
        document: field.document, place: field.path, expected: expected,
        found: String(field.value.compact().prefix(200)))
    }
    let steps = try field.optional("pretokenizers")?.array() ?? [field]
    guard steps.count == 2, try steps[0]["type"].string() == "Split",
      try steps[1]["type"].string() == "ByteLevel"
    else { throw refuse(field, "a sequence of Split and ByteLevel") }
    let expression = try steps[0]["pattern"]
    guard
      let pattern = try Self.allCases.first(where: {
        try expression.optional("Regex")?.string() == $0.expression
      })
    else { throw refuse(expression, "the expression of Qwen2 or of Tekken") }
    guard try steps[0]["behavior"].string() == "Isolated",
      try steps[0].optional("invert")?.bool() != true
    else { throw refuse(steps[0], "isolated matches that are not inverted") }
    guard try steps[1]["add_prefix_space"].bool() == false,
      try steps[1]["use_regex"].bool() == false
    else { throw refuse(steps[1], "no space before the text, and no other expression") }
    self = pattern
  }

  /// Where the words of a text end, in bytes of its UTF-8; the last is the text's end.
  func wordEnds(in text: [UInt8]) -> [Int] {
    let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    let scanner = WordScanner(pattern: self, scalars: scalars)
    var ends: [Int] = []
    var byte = 0
    var scalar = 0
    while scalar < scalars.count {
      let end = scanner.wordEnd(from: scalar)
      for position in scalar..<end { byte += UTF8.width(scalars[position]) }
      ends.append(byte)
      scalar = end
    }
    return ends
  }
}
