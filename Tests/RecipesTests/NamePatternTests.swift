import Recipes
import Testing

/// Whether a pattern fits, by the definition: `*` is nothing or takes one character and goes on.
private func fits(_ pattern: Substring, _ name: Substring) -> Bool {
  guard let first = pattern.first else { return name.isEmpty }
  if first == "*" {
    return fits(pattern.dropFirst(), name) || (!name.isEmpty && fits(pattern, name.dropFirst()))
  }
  guard let character = name.first, first == "?" || first == character else { return false }
  return fits(pattern.dropFirst(), name.dropFirst())
}

/// Every text of at most `length` characters of an alphabet.
private func texts(of alphabet: String, upTo length: Int) -> [String] {
  var all = [""]
  var longest = [""]
  for _ in 0..<length {
    longest = longest.flatMap { text in alphabet.map { text + String($0) } }
    all += longest
  }
  return all
}

@Suite struct NamePatternTests {
  @Test func everyShortPatternAgreesWithTheDefinition() {
    let names = texts(of: "ab.", upTo: 4)
    for pattern in texts(of: "ab*?", upTo: 4) {
      let namePattern = NamePattern(pattern)
      for name in names where namePattern.matches(name) != fits(pattern[...], name[...]) {
        Issue.record("\(pattern) and \(name)")
      }
    }
  }

  @Test func aStarTakesDots() {
    let pattern: NamePattern = "transformer_blocks.*.weight"
    #expect(pattern.matches("transformer_blocks.3.attn.to_out.0.weight"))
    #expect(!pattern.matches("single_transformer_blocks.3.attn.to_out.weight"))
    #expect(!pattern.matches("transformer_blocks.3.attn.to_out.0.weight2"))
  }

  @Test func aQuestionMarkIsOneCharacterHoweverManyBytesItTakes() {
    #expect(NamePattern("?").matches("é"))
    #expect(NamePattern("a?c").matches("a漢c"))
    #expect(!NamePattern("??").matches("é"))
  }

  @Test func thePatternIsItsDescription() {
    #expect(NamePattern("*.ff*.weight").description == "*.ff*.weight")
    #expect(NamePattern("a*") == "a*")
    #expect(NamePattern("a*") != NamePattern("a**"))
  }

  /// Backtracking into every star would take 10,000⁹ steps and never finish; returning to the last
  /// star alone takes at most 10,000 times the pattern's length.
  @Test func manyStarsOnALongNameFinish() {
    let name = String(repeating: "a", count: 10_000)
    #expect(!NamePattern("*a*a*a*a*a*a*a*a*b").matches(name))
    #expect(NamePattern("*a*a*a*a*a*a*a*a*b").matches(name + "b"))
    #expect(!NamePattern(String(repeating: "*a", count: 500) + "b").matches(name))
  }
}
