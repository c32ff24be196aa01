import FidelityReports
import Operations
import StrictJSON
import Testing

@Suite struct GateTests {
  /// A candidate with a golden for each error.
  private func report(_ errors: [Double], name: String = "int8") -> FidelityReport {
    var report = sampleReport()
    report.candidates[1] = sampleCandidate(name, error: 0.01)
    report.candidates[1].violations = []
    report.candidates[1].goldens = errors.enumerated().map { sampleGolden("g\($0)", error: $1) }
    return report
  }

  private func gate(
    _ baseline: FidelityReport, _ current: FidelityReport, _ tolerances: GateTolerances = .init()
  ) throws -> Gate {
    try Gate(
      baseline: baseline, current: current, tolerances: tolerances,
      resampling: Resampling(resampleCount: 1000))
  }

  private func failing(_ gate: Gate) -> [String] {
    gate.checks.filter { !$0.passes }.map { "\($0.candidate) \($0.subject.key)" }
  }

  private let errors: [Double] = (0..<8).map { 0.01 + 0.002 * Double($0) }

  @Test func aReportPassesAgainstItself() throws {
    let gate = try gate(sampleReport(), sampleReport())
    #expect(gate.passes)
    #expect(gate.comparison.candidates.map(\.name) == ["reference", "int8"])
    #expect(gate.checks.contains { $0.subject.key == "picture_flip" })
    for candidate in gate.comparison.candidates {
      #expect(candidate.metrics.map(\.metric) == ReportMetric.allCases)
      #expect(candidate.metrics.allSatisfy { $0.worsening == 0 })
    }
  }

  @Test func anotherArithmeticIsComparedAndSaidButNotGated() throws {
    var current = report(errors)
    current.candidates[1].arithmetic = .int8
    let change = Comparison(baseline: report(errors), current: current).candidates[1]
    #expect(change.baselineArithmetic == .float32 && change.currentArithmetic == .int8)
    #expect(change.metrics.map(\.metric) == ReportMetric.allCases)
    let document = JSONField(
      document: "", value: Comparison(baseline: report(errors), current: current).document)
    let candidate = try document["candidates"].array()[1]
    #expect(try candidate["baseline_arithmetic"].string() == "float32")
    #expect(try candidate["current_arithmetic"].string() == "int8")
    #expect(
      throws: ComparisonFailure.differentArithmetic(
        candidate: "int8", baseline: .float32, current: .int8)
    ) { try gate(report(errors), current) }
    #expect(try gate(current, current).passes)
  }

  @Test func whatGrewOnEveryPromptIsFound() throws {
    let gate = try gate(report(errors), report(errors.map { 1.2 * $0 }))
    #expect(failing(gate).contains("int8 velocity_relative_error"))
    let change = try #require(gate.comparison.candidates[1].metrics.first)
    // Every pair has the ratio 1.2 but for the rounding of its logarithm.
    #expect(abs(change.worsening - 0.2) < 1e-12)
    #expect(abs(try #require(change.interval).lower - 0.2) < 1e-12)
    // SSIM is 1 − error here, and loses 0.2 · 0.017.
    #expect(!failing(gate).contains("int8 picture_ssim"))
  }

  @Test func whatGrewOnSomePromptsAndShrankOnOthersIsNoise() throws {
    let current = errors.enumerated().map { $0 % 2 == 0 ? 1.4 * $1 : 0.8 * $1 }
    // The geometric mean grew by 5.8 %, beyond the tolerance, but it may be chance.
    let gate = try gate(report(errors), report(current))
    let change = try #require(gate.comparison.candidates[1].metrics.first)
    #expect(change.worsening > 0.05)
    #expect(gate.passes)
  }

  @Test func withFewPromptsEveryOneMustBeWorse() throws {
    let few = Array(errors.prefix(3))
    let two = [1.3 * few[0], 1.3 * few[1], 1.01 * few[2]]
    #expect(try gate(report(few), report(two)).passes)
    let gate = try gate(report(few), report(few.map { 1.3 * $0 }))
    #expect(failing(gate).contains("int8 velocity_relative_error"))
    #expect(gate.comparison.candidates[1].metrics.first?.interval?.isBootstrapped == false)
  }

  @Test func whatIsBelowTheFloorOfRoundingIsNoLoss() throws {
    let current = report(errors.map { _ in 9e-6 })
    #expect(try gate(report(errors.map { _ in 1e-6 }), current).passes)
    #expect(try gate(report(errors.map { _ in 1e-9 }), current).passes)
  }

  @Test func aLostDecibelIsFound() throws {
    var current = report(errors)
    for index in errors.indices { current.candidates[1].goldens[index].latentsPSNR = 29 }
    #expect(failing(try gate(report(errors), current)) == ["int8 latents_psnr_db"])
  }

  @Test func anErrorThatBecomesUndefinedIsFound() throws {
    var current = report(errors)
    current.candidates[1].goldens[3].velocityRelativeError = .nan
    let gate = try gate(report(errors), current)
    #expect(failing(gate) == ["int8 velocity_relative_error"])
    #expect(gate.checks.first { !$0.passes }?.findings == [.undefined(golden: "g3")])
  }

  @Test func aPictureThatIsNotMadeAnyMoreIsFound() throws {
    var current = report(errors)
    for index in errors.indices { current.candidates[1].goldens[index].picture = nil }
    let gate = try gate(report(errors), current)
    #expect(
      failing(gate) == [
        "int8 picture_psnr_db", "int8 picture_ssim", "int8 picture_multi_scale_ssim",
        "int8 picture_flip",
      ])
    #expect(gate.checks.last { !$0.passes }?.findings.first == .unmeasured(golden: "g0"))
  }

  @Test func whatTheBaselineLacksIsNoLoss() throws {
    var baseline = report(errors)
    for index in errors.indices {
      baseline.candidates[1].goldens[index].picture = nil
      baseline.candidates[1].goldens[index].velocityRelativeError = .nan
    }
    var current = report(errors)
    current.candidates.append(sampleCandidate("int4", error: 1))
    let gate = try gate(baseline, current)
    #expect(gate.passes)
    #expect(gate.comparison.newCandidates == ["int4"])
  }

  @Test func aMissingCandidateIsFound() throws {
    let gate = try gate(report(errors), report(errors, name: "other"))
    #expect(failing(gate) == ["int8 presence"])
    #expect(gate.comparison.missingCandidates == ["int8"])
  }

  @Test func aMissingGoldenIsFound() throws {
    let gate = try gate(report(errors), report(Array(errors.dropLast())))
    #expect(failing(gate) == ["int8 presence"])
    #expect(gate.checks.first { !$0.passes }?.findings == [.goldenMissing(id: "g7")])
  }

  @Test func aLimitThatIsNotKeptAnyMoreIsFound() throws {
    var current = report(errors)
    current.candidates[1].violations = sampleCandidate("x", error: 1).violations
    #expect(failing(try gate(report(errors), current)) == ["int8 verdict"])
    #expect(try gate(current, current).passes)
  }

  @Test func tensorsAreComparedOneByOneTheWorstFirst() throws {
    var current = report(errors)
    current.candidates[1].tensors[0].relativeError *= 1.06
    current.candidates[1].tensors[1].worstSegment.relativeError = 1e-3
    let gate = try gate(report(errors), current)
    #expect(failing(gate) == ["int8 weights"])
    #expect(
      gate.checks.first { !$0.passes }?.findings == [
        .tensorWorse(
          name: "norm.weight", measure: "segment_relative_error",
          change: Change(baseline: 0, current: 1e-3), tolerance: 0.05),
        .tensorWorse(
          name: "blocks.0.weight", measure: "weight_relative_error",
          change: Change(baseline: 0.01, current: 0.01 * 1.06), tolerance: 0.05),
      ])
    current.candidates[1].tensors.removeLast()
    current.candidates[1].tensors[0].relativeError = .nan
    let findings = try self.gate(report(errors), current).checks.first { !$0.passes }?.findings
    #expect(findings?.first == .tensorMissing(name: "norm.weight"))
    #expect(findings?.count == 2)
  }

  @Test func aLargerFileIsFound() throws {
    var current = report(errors)
    current.candidates[1].storedByteCount += 20_000
    current.candidates[1].bitsPerWeight *= 1.02
    #expect(
      failing(try gate(report(errors), current)) == [
        "int8 bits_per_weight", "int8 stored_byte_count",
      ]
    )
    let tolerances = GateTolerances(bitsPerWeight: 0.05, storedByteCount: nil)
    #expect(try gate(report(errors), current, tolerances).passes)
  }

  @Test func otherGoldensCannotBePaired() {
    var current = report(errors)
    current.goldenSet.sha256 = String(repeating: "1", count: 64)
    #expect(throws: ComparisonFailure.self) { try gate(report(errors), current) }
    #expect(!Comparison(baseline: report(errors), current: current).hasSameGoldens)
  }

  @Test func theOrderOfCandidatesDoesNotChangeAnInterval() throws {
    let noisy = report(errors.enumerated().map { $1 * (1 + 0.1 * Double($0 % 3)) })
    var reordered = noisy
    reordered.candidates.insert(sampleCandidate("int4", error: 0.1), at: 1)
    let one = Comparison(baseline: report(errors), current: noisy)
    let other = Comparison(baseline: report(errors), current: reordered)
    #expect(one.candidates == other.candidates)
  }

  @Test func tolerancesOfAFileReplaceTheDefaultOnes() throws {
    let text = #"{"velocity_relative_error": 0.2, "picture_ssim": null, "bits_per_weight": null}"#
    let tolerances = try GateTolerances(
      document: JSONField.parse(Array(text.utf8), document: "t.json"))
    #expect(tolerances.metrics[.velocityError] == 0.2)
    #expect(tolerances.metrics[.pictureSSIM] == nil)
    #expect(tolerances.metrics[.pictureFLIP] == 0.01)
    #expect(tolerances.bitsPerWeight == nil)
    #expect(
      try GateTolerances(document: JSONField(document: "", value: tolerances.document))
        == tolerances)
  }

  @Test(arguments: [
    (#"{"ssim": 1}"#, #"unknown key "ssim""#),
    (#"{"picture_ssim": -1}"#, "picture_ssim: expected a number of 0.0 or more, found -1.0"),
    (#"{"picture_ssim": "1"}"#, "picture_ssim: expected a number, found a string"),
    ("[]", "expected an object, found an array"),
  ])
  func tolerancesThatAreNoneAreRefused(_ text: String, _ message: String) {
    do {
      _ = try GateTolerances(document: JSONField.parse(Array(text.utf8), document: "t.json"))
      Issue.record("no failure")
    } catch { #expect("\(error)".contains(message)) }
  }

  @Test func theDocumentSaysWhatFailed() throws {
    let gate = try gate(report(errors), report(errors.map { 1.2 * $0 }))
    let document = JSONField(document: "", value: gate.document)
    #expect(try document["gate"]["verdict"].string() == "fail")
    let check = try #require(
      document["gate"]["checks"].array().first {
        try $0["subject"].string() == "velocity_relative_error" && $0["verdict"].string() == "fail"
      })
    #expect(try check["findings"].array()[0]["kind"].string() == "worse")
    #expect(gate.comparison.document != gate.document)
  }
}
