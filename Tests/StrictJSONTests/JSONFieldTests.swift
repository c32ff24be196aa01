import StrictJSON
import Testing

@Suite struct JSONFieldTests {
  private func recipe() throws -> JSONField {
    try JSONField.parse(
      Array(
        #"""
        {"name": "x", "none": null, "big": 1e999, "half": 0.5, "on": true,
         "rules": [{}, {}, {"scheme": 7}], "weight_map": {"a.weight": 1}}
        """#.utf8), document: "recipe.json")
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch { return "\(error)" }
  }

  @Test func readsWhatIsThere() throws {
    let field = try recipe()
    #expect(try field["name"].string() == "x")
    #expect(try field["half"].double() == 0.5)
    #expect(try field["on"].bool())
    #expect(try field["rules"].array().count == 3)
    #expect(try field["rules"].array()[2]["scheme"].integer(in: 0...7) == 7)
    #expect(try field.members().map(\.key).first == "name")
    #expect(try field.optional("name")?.string() == "x")
    #expect(try field.optional("missing") == nil)
    #expect(try field.optional("none") == nil)
  }

  @Test func aMismatchSaysWhereItIs() throws {
    let field = try recipe()
    #expect(
      message { _ = try field["rules"].array()[2]["scheme"].string() }
        == "recipe.json: rules[2].scheme: expected a string, found a number")
    #expect(
      message { _ = try field["weight_map"]["a.weight"].array() }
        == #"recipe.json: weight_map["a.weight"]: expected an array, found a number"#)
    #expect(message { _ = try field.array() } == "recipe.json: expected an array, found an object")
    #expect(
      message { _ = try field["name"].object() }
        == "recipe.json: name: expected an object, found a string")
    #expect(
      message { _ = try field["none"].bool() }
        == "recipe.json: none: expected a boolean, found null")
    #expect(
      message { _ = try field["on"].double() }
        == "recipe.json: on: expected a number, found a boolean")
    #expect(
      message { _ = try field["half"].integer() }
        == "recipe.json: half: expected an integer, found 0.5")
    #expect(
      message { _ = try field["big"].double() }
        == "recipe.json: big: expected a number in the range of a float64, found 1e999")
    #expect(
      message { _ = try field["rules"].array()[2]["scheme"].integer(in: 1...6) }
        == "recipe.json: rules[2].scheme: expected an integer from 1 to 6, found 7")
  }

  @Test func aMissingKeyNamesTheOnesThatAreThere() throws {
    let field = try recipe()
    #expect(
      message { _ = try field["rules"].array()[2]["bits"] }
        == #"recipe.json: rules[2]: expected the key "bits", found "scheme""#)
    #expect(
      message { _ = try field["rules"].array()[0]["bits"] }
        == #"recipe.json: rules[0]: expected the key "bits", found no keys"#)
  }

  @Test func anUnknownKeyNamesTheKnownOnes() throws {
    let rule = try recipe()["rules"].array()[2]
    #expect(throws: Never.self) { try rule.rejectUnknownKeys(except: ["scheme"]) }
    #expect(
      message { try rule.rejectUnknownKeys(except: ["bits", "group"]) } == """
        recipe.json: rules[2]: unknown key "scheme"
        Known here: "bits", "group".
        """)
  }

  @Test func hostileNamesAreCutAndEscapedInMessages() {
    #expect("a\u{1B}[2J\u{202E}".quotedForMessage == "\"a\\u001b[2J\\u{202e}\"")
    let long = String(repeating: "x", count: 1000).quotedForMessage
    #expect(long == "\"" + String(repeating: "x", count: 120) + "…\"")
  }
}

@Suite struct JSONObjectTests {
  @Test func settingKeepsPlacesAndRemovingClosesThem() {
    var object: JSONObject = ["a": 1, "b": 2, "c": 3]
    object["b"] = "two"
    object["d"] = 4
    object["a"] = nil
    #expect(object == ["b": "two", "c": 3, "d": 4])
    #expect(object["d"] == 4)
    #expect(object["a"] == nil)
  }

  @Test func aTakenKeyIsNotAppended() {
    var object: JSONObject = ["a": 1]
    let isNew = object.append(key: "a", value: 2)
    #expect(!isNew)
    #expect(object == ["a": 1])
  }

  @Test func orderCountsInEquality() {
    let first: JSONObject = ["a": 1, "b": 2]
    #expect(first != ["b": 2, "a": 1])
  }
}
