import Storage
import StrictJSON
import TestSupport
import Testing
import Tokenizers

@Suite struct EncodeTests {
  @Test func anEmptyTextHasNoTokens() throws {
    #expect(try TinyTokenizer().open().encode("") == [])
  }

  @Test func everyByteOfATextHasAToken() throws {
    let tokenizer = try TinyTokenizer().open()
    #expect(try tokenizer.encode("aé\0") == [97, 0xC3, 0xA9, 0])
    #expect(try tokenizer.spelled(" \n") == ["Ġ", "Ċ"])
  }

  @Test func aTokenHasANumberAndANumberAToken() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "b")
    tiny.add("<x>")
    let tokenizer = try tiny.open()
    #expect(tokenizer.identifier(of: "ab") == 256)
    #expect(tokenizer.identifier(of: "<x>") == 257)
    #expect(tokenizer.identifier(of: "abc") == nil)
    #expect(tokenizer.token(257) == "<x>")
    #expect(tokenizer.token(256) == "ab")
    #expect(tokenizer.token(258) == nil)
    #expect(tokenizer.token(-1) == nil)
  }

  @Test func theFirstPairOfTheListIsJoinedFirst() throws {
    var tiny = TinyTokenizer()
    tiny.merge("b", "c")
    tiny.merge("a", "b")
    #expect(try tiny.open().spelled("abc") == ["a", "bc"])
  }

  @Test func ofEqualPairsTheLeftmostIsJoinedFirst() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "a")
    #expect(try tiny.open().spelled("aaa") == ["aa", "a"])
  }

  @Test func ofAPairThatIsListedTwiceTheLatterCounts() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "b")
    tiny.merge("b", "c")
    tiny.merges.append(("a", "b"))
    #expect(try tiny.open().spelled("abc") == ["a", "bc"])
  }

  @Test func aWholeWordIsATokenOnlyWhenTheDocumentSaysSo() throws {
    var tiny = TinyTokenizer()
    tiny.tokens.append("word")
    #expect(try tiny.open().spelled("word") == ["w", "o", "r", "d"])
    tiny.settings["ignore_merges"] = true
    #expect(try tiny.open().spelled("word words") == ["word", "Ġ", "w", "o", "r", "d", "s"])
  }

  @Test func pairsMayBeTextsOrLists() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "b")
    tiny.settings["merges"] = ["a b"]
    #expect(try tiny.open().spelled("ab") == ["ab"])
  }

  @Test func pairsAreJoinedOnlyInsideWords() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "1")
    tiny.merge("1", "2")
    tiny.merge("Ġ", "a")
    #expect(try tiny.open().spelled("a12 a") == ["a", "1", "2", "Ġa"])
  }

  @Test func textIsComposedOnlyWhenTheDocumentSaysSo() throws {
    var tiny = TinyTokenizer()
    #expect(try tiny.open().encode("e\u{301}") == [101, 0xCC, 0x81])
    tiny.normalizer = ["type": "NFC"]
    #expect(try tiny.open().encode("e\u{301}") == [0xC3, 0xA9])
  }

  /// The slow way: all pairs are looked at for each that is joined.
  private func joined(_ word: [String], _ ranks: [String: Int]) -> [String] {
    var symbols = word
    while true {
      let candidates = symbols.indices.dropLast().compactMap { place in
        ranks["\(symbols[place]) \(symbols[place + 1])"].map { (rank: $0, place: place) }
      }
      guard let first = candidates.min(by: { $0 < $1 }) else { return symbols }
      symbols[first.place] += symbols.remove(at: first.place + 1)
    }
  }

  @Test func pairsAreJoinedAsTheSlowWayJoinsThem() throws {
    var generator = SeededGenerator(seed: 7)
    var tiny = TinyTokenizer()
    var known = ["a", "b", "c"]
    for _ in 0..<300 {
      let first = known[Int.random(in: 0..<known.count, using: &generator)]
      let second = known[Int.random(in: 0..<known.count, using: &generator)]
      guard !tiny.tokens.contains(first + second), (first + second).utf8.count < 9 else { continue }
      tiny.merge(first, second)
      known.append(first + second)
    }
    let ranks = Dictionary(
      uniqueKeysWithValues: tiny.merges.enumerated().map {
        ("\($0.element.0) \($0.element.1)", $0.offset)
      })
    let tokenizer = try tiny.open()
    for count in 0...130 {
      let word = (0..<count).map { _ in ["a", "b", "c"][Int.random(in: 0..<3, using: &generator)] }
      #expect(try tokenizer.spelled(word.joined()) == joined(word, ranks))
    }
  }

  @Test(.timeLimit(.minutes(1))) func aWordOfAMillionBytesIsNoTrouble() throws {
    var tiny = TinyTokenizer()
    tiny.merge("a", "a")
    for step in 1..<10 {
      let half = String(repeating: "a", count: 1 << step)
      tiny.merge(half, half)
    }
    tiny.normalizer = ["type": "NFC"]
    let tokenizer = try tiny.open()
    let tokens = try tokenizer.encode(String(repeating: "a", count: 1 << 20))
    #expect(tokens == Array(repeating: 256 + 9, count: 1 << 10))
    for text in [" ", "\n", "!", "A", "\u{301}", "\r\n ", "'"] {
      let long = String(repeating: text, count: 1 << 20)
      #expect(try tokenizer.encode(long).count == long.utf8.count)
    }
  }

  @Test func aTextThatIsTooLongIsRefused() throws {
    let tokenizer = try TinyTokenizer().open()
    let failure = #expect(throws: TokenizerFailure.self) {
      try tokenizer.encode(String(repeating: "a", count: 16 << 20 | 1))
    }
    #expect(failure?.description.contains("at most 16777216 bytes, found 16777217") == true)
  }
}
