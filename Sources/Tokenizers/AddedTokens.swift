/// Finds added tokens in a text: at each byte the longest that begins there, from left to right.
///
/// The order of the steps is that of `AddedVocabulary` in the `tokenizers` package, also where flags
/// of neighbouring tokens meet.
struct AddedTokens: Sendable {
  /// A part of a text.
  enum Part: Equatable {
    case token(Int)
    /// Bytes without an added token; never empty.
    case text(Range<Int>)

    var identifier: Int? { if case .token(let identifier) = self { identifier } else { nil } }
  }

  private let tokens: [AddedToken]
  /// A trie: the node behind a node and a byte, `node << 8 | byte`. Node 0 is the root.
  private var edges: [Int: Int] = [:]
  /// The token that ends at a node, -1 for none.
  private var ends = [-1]

  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      var node = 0
      for byte in token.content {
        let edge = node << 8 | Int(byte)
        node = edges[edge] ?? ends.count
        if node == ends.count {
          edges[edge] = node
          ends.append(-1)
        }
      }
      // Of two that normalization makes equal the first counts.
      if ends[node] < 0 { ends[node] = index }
    }
  }

  /// The parts of a text in order.
  ///
  /// - Complexity: the bytes of the text times those of the longest token, at worst.
  func parts(of text: [UInt8]) -> [Part] {
    guard !tokens.isEmpty else { return text.isEmpty ? [] : [.text(0..<text.count)] }
    var parts: [Part] = []
    /// The end of what is in `parts`.
    var done = 0
    var position = 0
    while position < text.count {
      guard let (token, matchEnd) = match(in: text, at: position) else {
        position += 1
        continue
      }
      var start = position
      var end = matchEnd
      position = matchEnd
      if token.isSingleWord, Self.isWord(before: start, text) || Self.isWord(behind: end, text) {
        continue
      }
      if token.takesSpaceBefore { start = max(Self.spaceStart(before: start, text), done) }
      if token.takesSpaceBehind { end = Self.spaceEnd(behind: end, text) }
      if done < start { parts.append(.text(done..<start)) }
      parts.append(.token(token.identifier))
      done = end
    }
    if done < text.count { parts.append(.text(done..<text.count)) }
    return parts
  }

  /// The longest token at a place, and its end.
  private func match(in text: [UInt8], at start: Int) -> (AddedToken, Int)? {
    var node = 0
    var found: (AddedToken, Int)?
    for position in start..<text.count {
      guard let next = edges[node << 8 | Int(text[position])] else { break }
      node = next
      if ends[node] >= 0 { found = (tokens[ends[node]], position + 1) }
    }
    return found
  }

  private static func isWord(before end: Int, _ text: [UInt8]) -> Bool {
    scalar(before: end, text).map { ScalarClass.isWord($0) } ?? false
  }

  private static func isWord(behind start: Int, _ text: [UInt8]) -> Bool {
    scalar(at: start, text).map { ScalarClass.isWord($0) } ?? false
  }

  private static func spaceStart(before end: Int, _ text: [UInt8]) -> Int {
    var start = end
    while let scalar = scalar(before: start, text), scalar.properties.isWhitespace {
      start -= UTF8.width(scalar)
    }
    return start
  }

  private static func spaceEnd(behind start: Int, _ text: [UInt8]) -> Int {
    var end = start
    while let scalar = scalar(at: end, text), scalar.properties.isWhitespace {
      end += UTF8.width(scalar)
    }
    return end
  }

  private static func scalar(at start: Int, _ text: [UInt8]) -> Unicode.Scalar? {
    String(decoding: text[start..<min(start + 4, text.count)], as: UTF8.self).unicodeScalars.first
  }

  private static func scalar(before end: Int, _ text: [UInt8]) -> Unicode.Scalar? {
    String(decoding: text[max(0, end - 4)..<end], as: UTF8.self).unicodeScalars.last
  }
}
