import StrictJSON
import Testing

private func parse(_ text: String, maximumDepth: Int = 64) throws(JSONFailure) -> JSONValue {
  try JSONValue.parse(text, limits: .init(document: "a.json", maximumDepth: maximumDepth))
}

private func failure(_ text: String) -> JSONFailure? { failure(Array(text.utf8)) }

private func failure(_ bytes: [UInt8]) -> JSONFailure? {
  do {
    _ = try JSONValue.parse(bytes, limits: .init(document: "a.json"))
    return nil
  } catch { return error }
}

private func literals(_ value: JSONValue) -> [String] {
  guard case .array(let elements) = value else { return [] }
  return elements.map { $0.compact() }
}

@Suite struct ParseJSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try parse(
      " {\"a\":null,\"b\":[true,false],\"c\":-1.5e+3,\"d\":\"x\",\"e\":{},\"f\":[]}\t\r\n")
    #expect(
      value == [
        "a": nil, "b": [true, false], "c": .number(try #require(JSONNumber(literal: "-1.5e+3"))),
        "d": "x", "e": [:], "f": [],
      ])
  }

  @Test func readsScalarsAtTheTop() throws {
    #expect(try parse("0") == 0)
    #expect(try parse("\"\"") == "")
    #expect(try parse("null") == .null)
  }

  @Test func resolvesEveryEscape() throws {
    let value = try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\uFFFF\uD83D\uDE00 é😀""#)
    #expect(value == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{FFFF}😀 é😀")
  }

  @Test func keepsTheOrderOfMembers() throws {
    guard case .object(let object) = try parse(#"{"z":1,"a":2,"m":3}"#) else {
      Issue.record("not an object")
      return
    }
    #expect(object.keys == ["z", "a", "m"])
    #expect(object["m"] == 3)
    #expect(object["q"] == nil)
  }

  @Test func keysThatDifferInBytesOnlyAreTwoKeys() throws {
    guard case .object(let object) = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}") else {
      Issue.record("not an object")
      return
    }
    #expect(object["\u{E9}"] == 1)
    #expect(object["e\u{301}"] == 2)
  }

  @Test func keepsTheTextOfNumbers() throws {
    let texts = [
      "0", "-0", "1.0", "1e5", "1E+5", "-12.50e-3", "123456789012345678901234567890", "1e999",
    ]
    #expect(literals(try parse("[" + texts.joined(separator: ",") + "]")) == texts)
  }

  @Test func reportsTheByteOfEachSyntaxError() {
    func unexpected(_ offset: Int, _ expected: String, _ found: Character?) -> JSONFailure {
      .unexpected(
        document: "a.json", offset: offset, expected: expected, found: found?.asciiValue)
    }
    #expect(failure("") == unexpected(0, "a value", nil))
    #expect(failure("[1,]") == unexpected(3, "a value", "]"))
    #expect(failure("[1 2]") == unexpected(3, "`,` or `]`", "2"))
    #expect(failure("[1") == unexpected(2, "`,` or `]`", nil))
    #expect(failure("{\"a\" 1}") == unexpected(5, "`:`", "1"))
    #expect(failure("{a:1}") == unexpected(1, "a key in quotation marks", "a"))
    #expect(failure("{\"a\":1,}") == unexpected(7, "a key in quotation marks", "}"))
    #expect(failure("{\"a\":1") == unexpected(6, "`,` or `}`", nil))
    #expect(failure("tru") == unexpected(3, "`true`", nil))
    #expect(failure("nul1") == unexpected(3, "`null`", "1"))
    #expect(failure("+1") == unexpected(0, "a value", "+"))
    #expect(failure("NaN") == unexpected(0, "a value", "N"))
    #expect(failure(".5") == unexpected(0, "a value", "."))
    #expect(failure("-") == unexpected(1, "a digit", nil))
    #expect(failure("1.") == unexpected(2, "a digit", nil))
    #expect(failure("1e+") == unexpected(3, "a digit", nil))
    #expect(failure("'a'") == unexpected(0, "a value", "'"))
    #expect(failure("\"a") == unexpected(2, "the end of the string", nil))
    #expect(
      failure("\"\\x\"") == unexpected(2, "one of `\"\\/bfnrtu` after the backslash", "x"))
    #expect(failure("\"\\u12g4\"") == unexpected(5, "four hexadecimal digits", "g"))
    #expect(failure("[1]/**/") == .trailingBytes(document: "a.json", offset: 3, byteCount: 4))
  }

  @Test func rejectsLeadingZeros() {
    #expect(failure("[01]") == .leadingZero(document: "a.json", offset: 1))
    #expect(failure("-00") == .leadingZero(document: "a.json", offset: 1))
  }

  @Test func rejectsAKeyThatComesTwice() {
    #expect(
      failure(#"{"a":1,"b":2,"\u0061":3}"#)
        == .duplicateKey(document: "a.json", offset: 13, key: "a"))
  }

  @Test func rejectsHalvesOfSurrogatePairs() {
    func lone(_ offset: Int, _ unit: UInt16) -> JSONFailure {
      .loneSurrogate(document: "a.json", offset: offset, codeUnit: unit)
    }
    #expect(failure(#""a\uD800""#) == lone(2, 0xD800))
    #expect(failure(#""\uDC00""#) == lone(1, 0xDC00))
    #expect(failure(#""\uD800\uD800""#) == lone(1, 0xD800))
    #expect(failure(#""\uD800\n""#) == lone(1, 0xD800))
  }

  @Test func rejectsEveryUnescapedControlCharacter() {
    for byte: UInt8 in 0..<0x20 {
      #expect(
        failure([0x22, byte, 0x22])
          == .controlCharacter(document: "a.json", offset: 1, byte: byte))
    }
    #expect(failure([0x22, 0x7F, 0x22]) == nil)
  }

  @Test(
    arguments: [
      [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xFF, 0x22],
    ] as [[UInt8]])
  func rejectsInvalidUTF8(bytes: [UInt8]) {
    #expect(failure(bytes) == .invalidUTF8(document: "a.json", offset: 1))
  }

  @Test func rejectsAByteOrderMark() {
    #expect(
      failure([0xEF, 0xBB, 0xBF, 0x30])
        == .unexpected(document: "a.json", offset: 0, expected: "a value", found: 0xEF))
  }

  @Test func limitsTheDepth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(64)) }
    #expect(failure(nested(65)) == .tooDeep(document: "a.json", offset: 64, limit: 64))
    #expect(
      failure(String(repeating: "{\"a\":", count: 100_000))
        == .tooDeep(document: "a.json", offset: 320, limit: 64))
    #expect(throws: Never.self) { try parse(nested(3), maximumDepth: 3) }
    #expect(throws: JSONFailure.tooDeep(document: "a.json", offset: 3, limit: 3)) {
      try parse(nested(4), maximumDepth: 3)
    }
  }

  @Test func countsOffsetsFromTheStartOfTheFile() {
    #expect(throws: JSONFailure.leadingZero(document: "x", offset: 9)) {
      try JSONValue.parse("[01]", limits: .init(document: "x", firstByte: 8))
    }
  }

  @Test func aFailureNamesDocumentByteExpectedAndFound() {
    #expect(
      failure("[1;")?.description == """
        a.json: byte 2: expected `,` or `]`, found ';'
        The text is not strict JSON (RFC 8259); correct it there, or make the file again.
        """)
    #expect(failure("[")?.description.contains("found the end of the text") == true)
    #expect(failure("[\u{1}")?.description.contains("found the byte 0x01") == true)
  }

  @Test func everyPrefixOfADocumentFails() throws {
    let text = Array(#"{"a":[1.5e3,"\u00e9\n",true],"b":{"c":null}}"#.utf8)
    #expect(failure(text) == nil)
    for count in 0..<text.count { #expect(failure(Array(text[..<count])) != nil) }
  }
}
