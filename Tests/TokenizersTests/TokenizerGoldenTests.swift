import Storage
import StrictJSON
import TestSupport
import Testing
import Tokenizers

/// Against what the `tokenizers` package said (`scripts/make-tokenizer-goldens`).
@Suite struct TokenizerGoldenTests {
  private static let folder = FileSystem.path(FileSystem.folder(of: #filePath), "Goldens")

  private func golden(_ name: String) throws -> JSONField {
    let path = FileSystem.path(Self.folder, name)
    return try JSONField.parse(FileReader.contents(of: path, limit: 1 << 20), document: path)
  }

  @Test(arguments: [
    ("glyph-klein", FileSystem.path(Fixture.klein, "tokenizer")),
    ("tekken", FileSystem.path(folder, "tekken.json")),
  ]) func textsHaveTheTokensOfThePackage(name: String, path: String) throws {
    let tokenizer = try Tokenizer.open(path)
    let cases = try golden("texts.json")[name].array()
    #expect(cases.count == 160)
    for field in cases {
      let parts = try field.array()
      let text = try parts[0].string()
      #expect(try tokenizer.encode(text) == parts[1].array().map { try $0.integer() }, "\(text)")
    }
  }

  /// The characters of a list of first and last ones.
  private func characters(_ field: JSONField) throws -> Set<UInt32> {
    let bounds = try field.array().map { UInt32(try $0.integer(in: 0...0x10FFFF)) }
    return Set(stride(from: 0, to: bounds.count, by: 2).flatMap { bounds[$0]...bounds[$0 + 1] })
  }

  private static let scalars = (UInt32(0)...0x10FFFF).compactMap { Unicode.Scalar($0) }

  @Test(arguments: [
    ("upper", ScalarClass.upper), ("lower", .lower), ("caseless", .caseless), ("mark", .mark),
    ("number", .number), ("space", .space),
  ]) func allCharactersAreOfTheClassesOfThePackage(name: String, kind: ScalarClass) throws {
    let expected = try characters(golden("characters.json")[name])
    let found = Set(Self.scalars.filter { ScalarClass($0).contains(kind) }.map(\.value))
    #expect(found == expected)
  }

  @Test func theSameCharactersAreOfWords() throws {
    let expected = try characters(golden("characters.json")["word"])
    #expect(Set(Self.scalars.filter { ScalarClass.isWord($0) }.map(\.value)) == expected)
  }

  private func composed(_ text: String) -> String {
    String(
      decoding: Normalization.canonicalComposition.normalized(Array(text.utf8)), as: UTF8.self)
  }

  @Test func allCharactersAreComposedAsThePackageComposesThem() throws {
    var expected: [[UInt8]: [UInt8]] = [:]
    for field in try golden("characters.json")["composed"].array() {
      let parts = try field.array().map { Array(try $0.string().utf8) }
      expected[parts[0]] = parts[1]
    }
    for scalar in Self.scalars {
      let bytes = Array(String(scalar).utf8)
      let found = Array(composed(String(scalar)).utf8)
      if found != expected[bytes] ?? bytes {
        Issue.record("U+\(String(scalar.value, radix: 16)) becomes \(found)")
      }
    }
  }

  @Test func allMarksAreOrderedAsThePackageOrdersThem() throws {
    let expected = try characters(golden("characters.json")["reordered"])
    let found = Self.scalars.filter { scalar in
      scalar.value != 0x334
        && composed("文\(scalar)\u{334}").utf8.elementsEqual("文\u{334}\(scalar)".utf8)
    }
    #expect(Set(found.map(\.value)) == expected)
  }
}
