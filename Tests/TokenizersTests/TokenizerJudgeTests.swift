import Foundation
import Storage
import StrictJSON
import Testing
import Tokenizers

/// Compares the cases of a document that `scripts/judges/tokenizer` makes; without it, nothing is run.
@Suite struct TokenizerJudgeTests {
  private static let path = ProcessInfo.processInfo.environment["MMDIT_TOKENIZER_CASES"]

  @Test(.enabled(if: path != nil)) func allCasesAreEqual() throws {
    let path = try #require(Self.path)
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 30), document: path)
    #expect(try document["system_message"].string() == PromptStyle.devSystemMessage)
    var compared = 0
    var different: [String] = []
    for set in try document["sets"].array() {
      let name = try set["name"].string()
      let tokenizer = try Tokenizer.open(set["tokenizer"].string())
      for field in try set["texts"].array() {
        let parts = try field.array()
        let text = try parts[0].string()
        let expected = try parts[1].array().map { try $0.integer() }
        let found = try tokenizer.encode(text)
        compared += 1
        if found != expected { different.append("\(name): \(shown(text)): \(found), \(expected)") }
      }
      for field in try set["prompts"].array() {
        let expected = try PromptTokens(
          identifiers: field["ids"].array().map { try $0.integer() },
          mask: field["mask"].array().map { try $0.bool() })
        let style = try field["style"].string() == "dev" ? PromptStyle.dev : .klein
        let prompt = try field["prompt"].string()
        let found = try promptTokens(
          prompt, style: style, length: field["length"].integer(), tokenizer: tokenizer)
        compared += 1
        if found != expected { different.append("\(name): prompt \(shown(prompt))") }
      }
    }
    print("tokenizer cases: \(compared) compared, \(different.count) differ")
    for line in different.prefix(10) { print(line.prefix(1000)) }
    #expect(different.isEmpty)
  }

  private func shown(_ text: String) -> String {
    text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
  }
}
