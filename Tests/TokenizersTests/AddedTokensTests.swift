import StrictJSON
import Testing
import Tokenizers

/// Tokens that are found before text is split.
@Suite struct AddedTokensTests {
  /// The parts of a text: added tokens by name, and what is between them.
  private func parts(_ tiny: TinyTokenizer, _ text: String) throws -> [String] {
    let tokenizer = try tiny.open()
    var parts: [String] = []
    var isText = false
    for token in try tokenizer.encode(text) {
      let spelling = tokenizer.token(token) ?? "?"
      if token < 256, isText {
        parts[parts.count - 1] += spelling
      } else {
        parts.append(spelling)
      }
      isText = token < 256
    }
    return parts
  }

  @Test func theLongestIsFoundFromLeftToRight() throws {
    var tiny = TinyTokenizer()
    tiny.add("<a>")
    tiny.add("<a>b")
    tiny.add("bc")
    #expect(try parts(tiny, "x<a>bc<a>c<a") == ["x", "<a>b", "c", "<a>", "c<a"])
  }

  @Test func neighboursAreFound() throws {
    var tiny = TinyTokenizer()
    tiny.add("<a>")
    #expect(try parts(tiny, "<a><a>") == ["<a>", "<a>"])
  }

  @Test func aSingleWordIsNotFoundInsideWords() throws {
    var tiny = TinyTokenizer()
    tiny.add("ab", single: true)
    #expect(try parts(tiny, "ab") == ["ab"])
    #expect(try parts(tiny, "-ab-") == ["-", "ab", "-"])
    for text in ["xab", "abx", "ab_", "ab1", "ab\u{301}", "éab", "ab\u{200D}"] {
      #expect(try !parts(tiny, text).contains("ab"), "\(text)")
    }
  }

  @Test func aTokenMayTakeTheSpaceAroundIt() throws {
    var tiny = TinyTokenizer()
    tiny.add("<l>", left: true)
    tiny.add("<r>", right: true)
    #expect(try parts(tiny, "x <l> x") == ["x", "<l>", "Ġx"])
    #expect(try parts(tiny, "x <r>\u{3000}\n x") == ["xĠ", "<r>", "x"])
    #expect(try parts(tiny, "  <l>") == ["<l>"])
    // The space between them is the first one's, which takes it.
    #expect(try parts(tiny, "<r> <l>") == ["<r>", "<l>"])
  }

  @Test func aNormalizedTokenIsFoundInNormalizedText() throws {
    var tiny = TinyTokenizer()
    tiny.normalizer = ["type": "NFC"]
    tiny.add("e\u{301}", normalized: true)
    tiny.add("u\u{308}")
    #expect(try parts(tiny, "x\u{E9}e\u{301}") == ["x", "e\u{301}", "e\u{301}"])
    #expect(try tiny.open().encode("\u{FC}") == [0xC3, 0xBC])
    #expect(try tiny.open().encode("u\u{308}") == [257])
  }

  @Test func aTokenOfTheVocabularyMayBeAnAddedOne() throws {
    var tiny = TinyTokenizer()
    tiny.tokens.append("<s>")
    tiny.add("<s>", id: 256)
    #expect(try parts(tiny, "a<s>") == ["a", "<s>"])
  }

  @Test(.timeLimit(.minutes(1))) func textThatNearlyMatchesManyTokensIsNoTrouble() throws {
    var tiny = TinyTokenizer()
    for count in 1...1000 { tiny.add(String(repeating: "<", count: count) + ">") }
    let text = String(repeating: "<", count: 1 << 18)
    #expect(try tiny.open().encode(text).count == 1 << 18)
  }
}
