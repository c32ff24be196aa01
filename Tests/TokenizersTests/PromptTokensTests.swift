import Storage
import TestSupport
import Testing
import Tokenizers

@Suite struct PromptTokensTests {
  private let klein = Result {
    try Tokenizer.open(FileSystem.path(Fixture.klein, "tokenizer"))
  }

  /// A tokenizer of bytes with Mistral's tokens.
  private func dev() throws -> Tokenizer {
    var tiny = TinyTokenizer()
    for token in [
      "<s>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]", "<pad>", "[IMG]",
    ] {
      tiny.add(token)
    }
    return try tiny.open()
  }

  @Test func theSystemMessageOfDevIsThatOfDiffusers() {
    let bytes = Array(PromptStyle.devSystemMessage.utf8)
    #expect(bytes.count == 168)
    var digest = SHA256Digest()
    let span = bytes.span
    digest.update(span.bytes)
    #expect(
      digest.hexadecimal == "d43d93082f24034d9c7f4e5b65cdeceb1e082c64c9cf95dfae5be89c31e1320d")
  }

  @Test func aPromptForKleinIsAMessageAndIsPaddedOnTheRight() throws {
    let tokenizer = try klein.get()
    let prompt = try promptTokens("a penguin", style: .klein, length: 64, tokenizer: tokenizer)
    #expect(prompt.identifiers.count == 64 && prompt.mask.count == 64)
    #expect(
      try prompt.identifiers.prefix(3)
        == [2001] + tokenizer.encode("user\n").prefix(2))
    let count = prompt.mask.count { $0 }
    #expect(prompt.mask == (0..<64).map { $0 < count })
    #expect(prompt.identifiers[count...].allSatisfy { $0 == 2000 })
    let text =
      "<|im_start|>user\na penguin<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    #expect(PromptStyle.klein.text(of: "a penguin") == text)
    #expect(try Array(prompt.identifiers[..<count]) == tokenizer.encode(text))
  }

  @Test func aPromptForDevHasASystemMessageAndIsPaddedOnTheLeft() throws {
    let tokenizer = try dev()
    let prompt = try promptTokens("cat", style: .dev, length: 200, tokenizer: tokenizer)
    let pad = try #require(tokenizer.identifier(of: "<pad>"))
    // Four marks and <s>, the message, three letters.
    let count = 5 + 168 + 3
    #expect(prompt.mask == (0..<200).map { $0 >= 200 - count })
    #expect(prompt.identifiers.prefix(200 - count).allSatisfy { $0 == pad })
    #expect(prompt.identifiers[200 - count] == tokenizer.identifier(of: "<s>"))
    #expect(prompt.identifiers.last == tokenizer.identifier(of: "[/INST]"))
  }

  @Test(arguments: PromptStyle.allCases) func aLongPromptLosesItsEnd(style: PromptStyle) throws {
    let tokenizer = try style == .klein ? klein.get() : dev()
    let text = String(repeating: "a ", count: 500)
    let all = try tokenizer.encode(style.text(of: text))
    for length in [1, 100, all.count - 1, all.count] {
      let prompt = try promptTokens(text, style: style, length: length, tokenizer: tokenizer)
      #expect(prompt.identifiers == Array(all.prefix(length)))
      #expect(prompt.mask == Array(repeating: true, count: length))
    }
  }

  @Test func picturesAreRemovedFromPromptsForDevOnce() {
    func prompt(_ text: String) -> Substring {
      let whole = PromptStyle.dev.text(of: text)
      return whole.dropFirst(PromptStyle.dev.text(of: "").count - 7).dropLast(7)
    }
    #expect(prompt("a[IMG]b[IMG][IMG]") == "ab")
    #expect(prompt("[IM[IMG]G]") == "[IMG]")
    #expect(prompt("[img]") == "[img]")
    #expect(
      Array(PromptStyle.dev.text(of: "[IMG]\u{301}").utf8.suffix(9).prefix(2)) == [0xCC, 0x81])
  }

  @Test func aTokenizerOfAnotherNetworkIsRefusedByTheTokensThatItLacks() throws {
    let failure = #expect(throws: TokenizerFailure.self) {
      try promptTokens("x", style: .dev, length: 8, tokenizer: klein.get())
    }
    #expect(
      failure?.description.contains("expected those of a prompt for dev, found no \"<s>\"") == true)
    #expect(throws: TokenizerFailure.self) {
      try promptTokens("x", style: .klein, length: 8, tokenizer: dev())
    }
  }

  @Test(arguments: [0, -1, Int.min, (1 << 20) + 1, Int.max])
  func aLengthOutsideTheRangeIsRefused(length: Int) throws {
    #expect(throws: TokenizerFailure.wrongLength(length: length, range: 1...1 << 20)) {
      try promptTokens("x", style: .klein, length: length, tokenizer: klein.get())
    }
  }
}
