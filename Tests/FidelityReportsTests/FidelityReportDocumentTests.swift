import FidelityReports
import Operations
import Storage
import StrictJSON
import TestSupport
import Testing

@Suite struct FidelityReportDocumentTests {
  private func read(_ value: JSONValue) throws -> FidelityReport {
    try FidelityReport(document: JSONField(document: "r.json", value: value))
  }

  /// The sample's document with the value at a place replaced, nil to remove it.
  private func changed(_ path: [Step], to value: JSONValue?) -> JSONValue {
    var document = sampleReport().document
    document.change(path[...], to: value)
    return document
  }

  private func message(_ path: [Step], _ value: JSONValue?) -> String {
    do {
      _ = try read(changed(path, to: value))
      return "no failure"
    } catch { return "\(error)" }
  }

  @Test func aReportIsTheSameAfterWritingAndReading() throws {
    let report = sampleReport()
    #expect(try read(report.document) == report)
    try TemporaryFolder.with { folder in
      try report.write(to: folder.path("r.json"))
      #expect(try FidelityReport.read(folder.path("r.json")) == report)
      #expect(
        try FidelityReport.read(folder.path("r.json")).document.pretty() + "\n"
          == String(decoding: folder.read("r.json"), as: UTF8.self))
    }
  }

  @Test func equalThingsHaveInfiniteRatiosAndUndefinedOnesNone() throws {
    var report = sampleReport()
    report.candidates[1].goldens[0].latentsRelativeError = .nan
    report.candidates[1].goldens[0].latentsPSNR = .nan
    report.candidates[1].goldens[0].velocityRelativeError = .infinity
    report.candidates[1].goldens[0].picture?.multiScaleSSIM = .nan
    report.candidates[1].tensors[0].relativeError = .infinity
    report.candidates[1].tensors[0].signalToNoise = -.infinity
    let found = try read(report.document)
    let golden = found.candidates[1].goldens[0]
    #expect(golden.latentsPSNR.isNaN)
    #expect(golden.velocityRelativeError.isNaN)
    #expect(try #require(golden.picture).multiScaleSSIM.isNaN)
    #expect(found.candidates[1].tensors[0].signalToNoise.isNaN)
    #expect(found.candidates[1].tensors[1].signalToNoise == .infinity)
    #expect(found.candidates[0].goldens[0].latentsPSNR == .infinity)
    #expect(found.candidates[0].goldens[0].picture?.psnr == .infinity)
  }

  @Test func anotherFormatIsRefused() {
    #expect(
      message(["format"], "mmdit-inspection")
        == #"r.json: format: expected "mmdit-fidelity", found "mmdit-inspection""#)
  }

  @Test func aNewerVersionIsRefused() {
    #expect(message(["version"], 2) == "r.json: version: expected an integer from 1 to 1, found 2")
  }

  @Test func aKeyThatNobodyKnowsIsRefused() {
    #expect(message(["candidates", 1, "size"], 1).contains(#"candidates[1]: unknown key "size""#))
  }

  @Test(arguments: Arithmetic.allCases)
  func theArithmeticOfACandidateIsKept(arithmetic: Arithmetic) throws {
    var report = sampleReport()
    report.candidates[1].arithmetic = arithmetic
    #expect(try read(report.document).candidates.map(\.arithmetic) == [.float32, arithmetic])
  }

  @Test func anArithmeticThatNobodyKnowsIsRefused() {
    #expect(
      message(["candidates", 1, "arithmetic"], "fp8").hasSuffix(
        #"arithmetic: expected one of float32, bfloat16, int8, found "fp8""#))
  }

  @Test func namesOfSeveralReportsSayTheArithmeticOnce() {
    var candidate = sampleCandidate("a", error: 0)
    #expect(candidate.nameWithArithmetic == "a")
    candidate.arithmetic = .bfloat16
    #expect(candidate.nameWithArithmetic == "a@bfloat16")
    candidate.name = "a@bfloat16"
    #expect(candidate.nameWithArithmetic == "a@bfloat16")
  }

  @Test func everyKeyMustBeThere() throws {
    for path in allKeys(sampleReport().document) where !isOptional(path) {
      #expect(throws: JSONFailure.self, "\(path)") { try read(changed(path, to: nil)) }
    }
  }

  @Test func noKeyTakesAnotherKindOfValue() throws {
    for path in allKeys(sampleReport().document) {
      #expect(throws: JSONFailure.self, "\(path)") {
        try read(changed(path, to: .array([.array([])])))
      }
    }
  }

  @Test func aVerdictThatTheViolationsDenyIsRefused() {
    #expect(
      message(["candidates", 1, "verdict"], "pass").hasPrefix(
        #"r.json: candidates[1].verdict: expected "fail", as the violations say, found "pass""#))
    #expect(message(["verdict"], "pass").hasPrefix(#"r.json: verdict: expected "fail""#))
  }

  @Test func namesOccurOnce() {
    #expect(
      message(["candidates", 1, "name"], "reference")
        == #"r.json: candidates[1].name: expected distinct names, found "reference" twice"#)
    #expect(message(["candidates", 1, "goldens", 1, "id"], "cat").contains("goldens[1].id"))
  }

  @Test func errorsAreNotNegativeAndCosinesNotBeyondOne() {
    let golden: [Step] = ["candidates", 1, "goldens", 0]
    #expect(
      message(golden + ["latents_relative_error"], -0.5)
        == "r.json: candidates[1].goldens[0].latents_relative_error: expected a number of 0.0 or "
        + "more, found -0.5")
    #expect(
      message(golden + ["latents_cosine"], 1.5).contains("expected a number from -1.0 to 1.0"))
    #expect(message(golden + ["picture", "flip"], 1.5).contains("from 0.0 to 1.0"))
    #expect(
      message(["candidates", 1, "tensors", 0, "worst_segment", "column"], 3).hasSuffix(
        "column: expected a multiple of 64, found 3"))
    #expect(message(["environment", "threads"], 0).contains("from 1 to"))
    #expect(message(["candidates", 1, "stored_byte_count"], -1).contains("from 0 to"))
  }

  @Test func aNumberBeyondFloat64IsRefused() throws {
    let number = try #require(JSONNumber(literal: "1e999"))
    #expect(
      message(["candidates", 1, "bits_per_weight"], .number(number)).contains(
        "expected a number in the range of a float64"))
  }

  @Test func aDigestHas64Digits() {
    #expect(message(["golden_set", "sha256"], "00").contains("expected 64 hexadecimal digits"))
    #expect(
      message(["golden_set", "sha256"], .init(String(repeating: "G", count: 64))).contains(
        "expected 64 hexadecimal digits"))
  }

  @Test func listsAreBounded() {
    #expect(
      message(["candidates"], .array(Array(repeating: .null, count: 1001)))
        == "r.json: candidates: expected at most 1000 elements, found 1001")
    #expect(message(["candidates"], []).contains("expected at least 1 of them, found 0"))
    #expect(message(["candidates", 0, "goldens", 0, "steps"], []).contains("at least 1 of them"))
  }

  @Test func whatIsNoFileOrNoJSONIsRefused() throws {
    try TemporaryFolder.with { folder in
      #expect(throws: StorageFailure.self) { try FidelityReport.read(folder.path("none.json")) }
      try folder.write("cut.json", "{\"format\": \"mmdit-fid")
      #expect(throws: JSONFailure.self) { try FidelityReport.read(folder.path("cut.json")) }
    }
  }
}

/// A step into a document: to a key or an element.
private enum Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Equatable {
  case key(String)
  case element(Int)

  init(stringLiteral value: String) { self = .key(value) }
  init(integerLiteral value: Int) { self = .element(value) }
}

extension JSONValue {
  fileprivate mutating func change(_ path: ArraySlice<Step>, to value: JSONValue?) {
    guard let step = path.first else { return }
    let rest = path.dropFirst()
    switch (step, self) {
    case (.key(let key), .object(var object)):
      if rest.isEmpty {
        object[key] = value
      } else if var member = object[key] {
        member.change(rest, to: value)
        object[key] = member
      }
      self = .object(object)
    case (.element(let index), .array(var elements)):
      elements[index].change(rest, to: value)
      self = .array(elements)
    default: break
    }
  }
}

/// The places of all members of all objects.
private func allKeys(_ value: JSONValue, at path: [Step] = []) -> [[Step]] {
  switch value {
  case .object(let object):
    object.flatMap { member in
      [path + [.key(member.key)]] + allKeys(member.value, at: path + [.key(member.key)])
    }
  case .array(let elements):
    elements.enumerated().flatMap { allKeys($1, at: path + [.element($0)]) }
  default: []
  }
}

/// Whether a document without this member says the same as one where it is null, or is a limit.
private func isOptional(_ path: [Step]) -> Bool {
  let optional: [Step] = [
    "recipe", "place", "picture", "negative_velocity_relative_error",
    "guided_velocity_relative_error",
  ]
  return path.last.map(optional.contains) == true || path.dropLast().last == "thresholds"
}
