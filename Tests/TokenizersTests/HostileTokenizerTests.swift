import Failures
import Storage
import StrictJSON
import TestSupport
import Testing
import Tokenizers

/// Documents that are no tokenizers, or not of the kinds that are read.
@Suite struct HostileTokenizerTests {
  /// What opening says.
  private func message(of tiny: TinyTokenizer) -> String {
    do {
      _ = try tiny.open()
      return "it opens"
    } catch let failure as any DiagnosedFailure {
      return "\(failure)"
    } catch {
      return "an undiagnosed \(error)"
    }
  }

  private func message(_ change: (inout TinyTokenizer) -> Void) -> String {
    var tiny = TinyTokenizer()
    change(&tiny)
    return message(of: tiny)
  }

  @Test func aMissingFileIsNamed() {
    #expect(throws: StorageFailure.self) { try Tokenizer.open("/nowhere/tokenizer.json") }
  }

  @Test func aNumberOutsideTheRangeIsRefused() {
    for number in ["-1", "1048576", "1e3", "9223372036854775808", "\"1\""] {
      let text = message { tiny in
        let vocabulary = try? JSONValue.parse("{\"a\":\(number)}", limits: .init(document: "x"))
        tiny.settings["vocab"] = vocabulary
      }
      #expect(text.contains("model.vocab.a: expected an integer"), "\(number): \(text)")
    }
  }

  @Test func twoTokensWithOneNumberAreRefused() {
    let text = message { $0.settings["vocab"] = ["a": 1, "b": 1] }
    #expect(text.contains("model.vocab.b: expected a number of its own, found 1, which another"))
  }

  @Test func aMissingByteIsNamed() {
    let text = message { $0.tokens[65] = "not A" }
    #expect(
      text.contains("expected a token for every byte of a text, found none for 1 of them: 65"))
  }

  @Test func bytesThatTextNeverHasMayBeMissing() throws {
    var tiny = TinyTokenizer()
    tiny.tokens[0xFF] = "not a byte"
    #expect(try tiny.open().encode("ÿ") == [0xC3, 0xBF])
  }

  @Test func aPairOfUnknownTokensIsRefused() {
    for (first, second) in [("ab", "c"), ("a", "bc"), ("a", "b"), ("", "a"), ("a", "")] {
      let text = message { $0.merges = [(first, second)] }
      #expect(
        text.contains("model.merges: expected two tokens that make a third, found"), "\(text)")
    }
  }

  @Test func aPairThatIsNoneIsRefused() {
    for merges in [["ab"], ["a b c"], [["a"]], [["a", "b", "c"]], [1], [["a", 1]]] as [JSONValue] {
      let text = message { $0.settings["merges"] = merges }
      #expect(text.contains("expected two tokens that make a third"), "\(text)")
    }
    #expect(message { $0.settings["merges"] = "a b" }.contains("pairs, found a string"))
  }

  @Test func anAddedTokenWithTheNumberOfAnotherIsRefused() {
    #expect(message { $0.add("<x>", id: 97) }.contains("added_tokens[0].id: expected a number of"))
    let twice = message {
      $0.add("<x>", id: 300)
      $0.add("<y>", id: 300)
    }
    #expect(twice.contains("added_tokens[1].id: expected a number of its own, found 300"))
    #expect(message { $0.add("a", id: 300) }.contains("added_tokens[0].content: expected a token"))
    let again = message {
      $0.add("<x>", id: 300)
      $0.add("<x>", id: 301)
    }
    #expect(again.contains("added_tokens[1].content: expected a token of its own"))
  }

  @Test func anAddedTokenHasAContentOfBoundedLength() {
    for content in ["", String(repeating: "x", count: 1025)] {
      let text = message { $0.add(content) }
      #expect(text.contains("added_tokens[0].content: expected 1 to 1024 bytes"), "\(text)")
    }
    #expect(
      message { $0.add("<x>", id: 1 << 20) }.contains("added_tokens[0].id: expected an integer"))
  }

  @Test func anotherExpressionIsRefusedByName() {
    let text = message { $0.expression = #"\p{L}+"# }
    #expect(
      text.contains("pretokenizers[0].pattern: expected the expression of Qwen2 or of Tekken"))
    #expect(text.contains(#"\\p{L}+"#))
  }

  @Test func anotherNormalizerIsRefusedByName() {
    let text = message { $0.normalizer = ["type": "NFKC"] }
    #expect(text.contains("normalizer: expected NFC or none, found \"NFKC\""))
  }

  @Test func anotherModelIsRefusedByName() {
    #expect(message { $0.settings["type"] = "Unigram" }.contains("model.type: expected byte pairs"))
    #expect(message { $0.settings["dropout"] = 0.1 }.contains("model.dropout: expected no dropout"))
    #expect(message { $0.settings["end_of_word_suffix"] = "</w>" }.contains("expected no marks"))
    #expect(
      message { $0.settings["continuing_subword_prefix"] = "##" }.contains("expected no marks"))
  }

  @Test func numbersMayHaveHoles() throws {
    var tiny = TinyTokenizer()
    tiny.add("<x>", id: 1000)
    let tokenizer = try tiny.open()
    #expect(try tokenizer.encode("<x>") == [1000])
    #expect(tokenizer.token(999) == nil)
  }

  /// As large as Mistral's: 131072 tokens and 270 thousand pairs.
  @Test(.timeLimit(.minutes(1))) func aLargeTokenizerOpensInSeconds() throws {
    var tiny = TinyTokenizer()
    let bytes = TinyTokenizer.alphabet
    var parts = bytes.flatMap { first in bytes.map { (first, $0) } }
    parts += parts[..<65280].map { ("a", $0.0 + $0.1) }
    let tokens = bytes + parts.map { $0.0 + $0.1 }
    let pairs = parts.map { JSONValue([$0.0, $0.1]) }
    tiny.settings["vocab"] = .object(
      JSONObject(tokens.enumerated().map { ($0.element, JSONValue($0.offset)) }))
    tiny.settings["merges"] = .array(pairs + pairs + pairs[..<8192])
    let clock = ContinuousClock()
    var tokenizer: Tokenizer?
    try TemporaryFolder.with { folder in
      let path = try folder.write("tokenizer.json", JSONValue.object(tiny.document).compact())
      let duration = try clock.measure { tokenizer = try Tokenizer.open(path) }
      // Generous: it takes below two seconds on two busy cores.
      #expect(duration < .seconds(20))
    }
    #expect(tokenizer?.token(131_071) != nil)
  }
}
