internal import StrictJSON

/// Which pairs of tokens are joined, and in which order: byte pair encoding (Sennrich et al. 2016).
struct BytePairs: Sendable {
  private struct Merge: Sendable {
    let rank: UInt32
    let result: Int
  }

  private let merges: [UInt64: Merge]
  /// Whether a word that is a token is not paired (`ignore_merges`): pairs might not lead to it.
  private let wholeWordsFirst: Bool

  /// The pairs that are taken at most; Mistral's tokenizer has 270 thousand.
  private static let largestCount = 4 << 20

  /// Reads `model.merges`: texts `a b`, or in newer documents lists of two.
  ///
  /// Of two equal pairs the latter counts, as in the `tokenizers` package. Throws when a part of a pair
  /// or what both make is no token.
  init(_ field: JSONField, vocabulary: Vocabulary, wholeWordsFirst: Bool) throws {
    guard case .array(let elements) = field.value, elements.count <= Self.largestCount else {
      throw field.failure(
        expected: "at most \(Self.largestCount) pairs", found: field.value.kindName)
    }
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(elements.count)
    for (rank, element) in elements.enumerated() {
      guard let (first, second) = Self.parts(of: element),
        let firstIdentifier = vocabulary.identifiers[first],
        let secondIdentifier = vocabulary.identifiers[second],
        let result = vocabulary.identifiers[first + second]
      else {
        throw field.failure(
          expected: "two tokens that make a third",
          found: "\(element.compact().prefix(80)) at index \(rank)")
      }
      merges[Self.key(firstIdentifier, secondIdentifier)] = Merge(
        rank: UInt32(rank), result: result)
    }
    self.merges = merges
    self.wholeWordsFirst = wholeWordsFirst
  }

  /// Appends the tokens of a word: while a pair of neighbours can be joined, that of the lowest rank is,
  /// of equal ones the leftmost.
  ///
  /// Symbols are a list with links, and the pairs that can be joined lie in a heap ordered by rank and
  /// place; a pair that is no more when it is taken is passed over.
  ///
  /// - Complexity: n log n for n bytes, and 70 n bytes of memory.
  func append(
    word: ArraySlice<UInt8>, vocabulary: Vocabulary, to identifiers: inout [Int]
  ) {
    if wholeWordsFirst, let whole = vocabulary.identifiers[ByteLevel.spelling(of: word)] {
      identifiers.append(whole)
      return
    }
    var symbols = word.map { vocabulary.byteIdentifiers[Int($0)] }
    let count = symbols.count
    // Places of the neighbours; -1 before the first, `count` after the last.
    var previous = Array(-1..<count - 1)
    var next = Array(1..<count + 1)
    var queue = PairQueue()
    func merge(at place: Int) -> Merge? {
      guard place >= 0, next[place] < count else { return nil }
      return merges[Self.key(symbols[place], symbols[next[place]])]
    }
    for place in 0..<count {
      if let merge = merge(at: place) { queue.insert(rank: merge.rank, place: place) }
    }
    while let (rank, place) = queue.removeFirst() {
      guard symbols[place] >= 0, let found = merge(at: place), found.rank == rank else { continue }
      let gone = next[place]
      symbols[place] = found.result
      symbols[gone] = -1
      next[place] = next[gone]
      if next[gone] < count { previous[next[gone]] = place }
      for start in [previous[place], place] {
        if let merge = merge(at: start) { queue.insert(rank: merge.rank, place: start) }
      }
    }
    for symbol in symbols where symbol >= 0 { identifiers.append(symbol) }
  }

  /// Both are below 2²⁰.
  private static func key(_ first: Int, _ second: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: first) << 32 | UInt64(truncatingIfNeeded: second)
  }

  private static func parts(of element: JSONValue) -> ([UInt8], [UInt8])? {
    switch element {
    case .string(let text):
      let parts = text.utf8.split(
        separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
    case .array(let parts):
      guard parts.count == 2, case .string(let first) = parts[0],
        case .string(let second) = parts[1]
      else { return nil }
      return (Array(first.utf8), Array(second.utf8))
    default:
      return nil
    }
  }
}
