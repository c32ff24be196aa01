import StrictJSON
import Testing

@Suite struct WriteJSONTests {
  static let report: JSONValue = [
    "name": "x", "bits": 4.25, "count": 3, "rules": [["a", nil], [], [:]], "ok": true,
  ]

  @Test func compactHasNoSpaces() {
    #expect(
      Self.report.compact()
        == #"{"name":"x","bits":4.25,"count":3,"rules":[["a",null],[],{}],"ok":true}"#)
  }

  @Test func prettyHasOneMemberOnEachLine() {
    #expect(
      Self.report.pretty() == """
        {
          "name": "x",
          "bits": 4.25,
          "count": 3,
          "rules": [
            [
              "a",
              null
            ],
            [],
            {}
          ],
          "ok": true
        }
        """)
  }

  @Test func escapesOnlyWhatJSONDemands() {
    #expect(
      JSONValue("\"\\/\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}é\u{2028}").compact()
        == #""\"\\/\u0000\b\t\n\u000b\f\r\u001f"# + "\u{7F}é\u{2028}\"")
  }

  @Test func doublesReadBackExactly() throws {
    let values: [Double] = [
      0, -0.0, 1, 0.1, 1 / 3, 1e16, 1e-5, 123_456_789.125, .pi, .ulpOfOne, .leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude,
    ]
    for value in values {
      let text = JSONValue(value).compact()
      let number = try #require(JSONNumber(literal: text), "\(text) is no JSON number")
      #expect(number.double.bitPattern == value.bitPattern)
    }
    #expect(JSONValue(0.1).compact() == "0.1")
  }

  @Test func whatIsNoFiniteNumberBecomesNull() {
    #expect(JSONValue(.nan) == .null)
    #expect(JSONValue(-.infinity) == .null)
    #expect(JSONNumber(.infinity) == nil)
  }

  @Test func integersAreExact() {
    #expect(JSONValue(Int.max).compact() == "9223372036854775807")
    #expect(JSONNumber(Int.min).integer == .min)
    #expect(JSONNumber(literal: "9223372036854775808")?.integer == nil)
    #expect(JSONNumber(literal: "1.0")?.integer == nil)
    #expect(JSONNumber(literal: "1e2")?.integer == nil)
    #expect(JSONNumber(literal: "-0")?.integer == nil)
    #expect(JSONNumber(literal: "1e999")?.double == .infinity)
  }

  @Test(arguments: ["", "+1", "01", "1.", ".5", "0x1", " 1", "1 ", "nan", "1e", "1_000"])
  func otherTextIsNoNumber(text: String) {
    #expect(JSONNumber(literal: text) == nil)
  }

  @Test func randomDocumentsSurviveWritingAndReading() throws {
    let seed: UInt64 = 0x5EED_0001
    var random = SplitMix64(state: seed)
    for round in 0..<300 {
      let value = randomValue(depth: 4, using: &random)
      for text in [value.compact(), value.pretty()] {
        let parsed = try JSONValue.parse(text, limits: .init(document: "seed \(seed)"))
        #expect(parsed == value, "seed \(seed), round \(round)")
        #expect(parsed.compact() == value.compact(), "seed \(seed), round \(round)")
      }
    }
  }

  private func randomValue(depth: Int, using random: inout SplitMix64) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return JSONValue(Int.random(in: .min ... .max, using: &random))
    case 3: return JSONValue(Double(bitPattern: random.next()))
    case 4: return .string(randomText(using: &random))
    case 5:
      return .array(
        (0..<Int.random(in: 0..<5, using: &random)).map { _ in
          randomValue(depth: depth - 1, using: &random)
        })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<5, using: &random) {
        object.append(
          key: randomText(using: &random), value: randomValue(depth: depth - 1, using: &random))
      }
      return .object(object)
    }
  }

  private func randomText(using random: inout SplitMix64) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let limit: UInt32 = [0x30, 0x80, 0x800, 0x11_0000].randomElement(using: &random) ?? 0x80
      if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
        text.append(scalar)
      }
    }
    return String(text)
  }
}

/// The generator of Steele, Lea and Flood (OOPSLA 2014): repeatable test data from a printed seed.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
