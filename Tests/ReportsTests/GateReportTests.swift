import FidelityReports
import Operations
import Reports
import Storage
import TestSupport
import Testing

@Suite struct GateReportTests {
  /// A report of one candidate with an error for each prompt.
  private func report(_ errors: [Double], name: String = "int8") -> FidelityReport {
    let goldens = errors.enumerated().map { index, error in
      GoldenReport(
        id: "g\(index)", prompt: "", velocityRelativeError: error, latentsRelativeError: error,
        latentsPSNR: 40 - 100 * error, latentsCosine: 1,
        steps: [
          .init(sigma: 1, velocityRelativeError: error, driftRelativeError: error, driftCosine: 1)
        ])
    }
    let segment = SegmentReport(relativeError: 0.1, row: 0, column: 0)
    return FidelityReport(
      environment: .init(suiteVersion: "0.5.0", system: "Linux", processor: "x", threads: 1),
      goldenSet: .init(file: "g", producer: "p", sha256: String(repeating: "0", count: 64)),
      candidates: [
        CandidateReport(
          name: name, path: "p", arithmetic: .float32, bitsPerWeight: 8,
          storedByteCount: 1_000_000, goldens: goldens,
          tensors: (0..<9).map {
            TensorReport(
              name: "t\($0)", encoding: "int8", bitsPerWeight: 8, maximumAbsoluteError: 1,
              rootMeanSquareError: 1, relativeError: 0.01, signalToNoise: 40, cosine: 1,
              worstSegment: segment)
          })
      ])
  }

  private let errors: [Double] = [0.01, 0.012, 0.011, 0.014, 0.02, 0.018]

  private func gate(_ name: String = "int8") throws -> Gate {
    var current = report(errors.map { $0 * 1.25 }, name: name)
    current.candidates[0].storedByteCount = 1_500_000
    for index in 0..<9 { current.candidates[0].tensors[index].relativeError = 0.02 }
    return try Gate(baseline: report(errors, name: name), current: current)
  }

  @Test func theTextSaysWhatGotWorse() throws {
    let text = try gate().text
    #expect(
      text.contains(
        "int8: velocity error: 0.0137 → 0.0171, +25.0 % (+25.0 % … +25.0 % over 6 prompts), "
          + "tolerance +5.0 %"))
    #expect(text.contains("int8: size: 1.0 MB → 1.5 MB, +50.0 %, tolerance +1.0 %"))
    #expect(
      text.contains("int8: tensor t0: weight_relative_error: 0.0100 → 0.0200, +100.0 %, "))
    #expect(text.contains("int8: tensors: and 1 more"))
    #expect(text.hasSuffix("gate fails: 4 of 8 checks"))
    // 100 · 0.25 · the mean error of 0.01417.
    #expect(text.contains("-0.35 dB"))
    #expect(
      try Gate(baseline: report(errors), current: report(errors)).text.hasSuffix(
        "gate passes: 8 checks"))
  }

  @Test func fewPromptsAreSaid() throws {
    let few = report([0.1, 0.2])
    let text = Comparison(baseline: few, current: few).text
    #expect(text.contains("0.0 % … 0.0 % *"))
    #expect(text.contains("* fewer than 5 prompts: the smallest and the largest change"))
  }

  @Test func whatIsBelowRoundingIsABound() {
    var equal = report([0, 1e-9, 1e-6, 0, 0])
    for index in 0..<5 { equal.candidates[0].goldens[index].latentsPSNR = .infinity }
    let text = Comparison(baseline: equal, current: equal).text
    #expect(text.contains("≤ 1.0e-5"))
    #expect(text.contains("≥ 95.00 dB"))
  }

  @Test func otherGoldensAreSaid() throws {
    var other = report(errors, name: "int4")
    other.goldenSet.sha256 = String(repeating: "1", count: 64)
    let text = Comparison(baseline: report(errors), current: other).text
    #expect(text.contains("The golden sets differ"))
    #expect(text.contains("int8: only in the baseline"))
    #expect(text.contains("int4: only in the current report"))
  }

  @Test func anotherArithmeticIsSaid() throws {
    var other = report(errors)
    other.candidates[0].arithmetic = .bfloat16
    #expect(
      Comparison(baseline: report(errors), current: other).text.contains(
        "int8: other arithmetic: float32 in the baseline, bfloat16 in the current report"))
    #expect(!Comparison(baseline: other, current: other).text.contains("arithmetic"))
  }

  @Test func workflowCommandsAreEscaped() throws {
    let commands = try gate("a:b,c%d\ne").workflowCommands
    #expect(commands.count == 4)
    #expect(
      commands[0].hasPrefix(
        #"::error title=a%3Ab%2Cc%25d\u{A}e%3A velocity error::velocity error: 0.0137 → "#))
    #expect(commands[0].contains("+25.0 %25"))
    // Nine tensors: five are told, the others counted.
    #expect(commands[2].contains("%0Atensors: and 4 more"))
    #expect(!commands.contains { $0.contains("\n") })
  }

  @Test func markdownIsEscaped() throws {
    let markdown = try gate("a|b<script>").markdown
    #expect(markdown.hasPrefix("## Fidelity gate: fail\n"))
    #expect(markdown.contains(#"| a\|b\<script\> | velocity error |"#))
    #expect(!markdown.contains("<script>"))
  }

  @Test func xmlIsEscaped() throws {
    let xml = try gate("a\"b<&'\u{1B}\u{FFFF}").junit
    #expect(xml.contains(#"name="a&quot;b&lt;&amp;&apos;\u{1B}�""#))
    #expect(xml.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "))
    #expect(xml.contains(#"tests="8" failures="4" errors="0""#))
  }

  @Test func aSummaryIsAppended() throws {
    try TemporaryFolder.with { folder in
      try appendDocument("one\n", to: folder.path("s.md"))
      try appendDocument("two\n", to: folder.path("s.md"))
      #expect(try folder.read("s.md") == Array("one\ntwo\n".utf8))
      #expect(throws: StorageFailure.self) { try appendDocument("x", to: folder.path) }
    }
  }
}
