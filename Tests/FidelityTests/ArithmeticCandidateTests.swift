import Fidelity
import Goldens
import Operations
import Recipes
import Storage
import Tensors
import TestSupport
import Testing

/// Candidates whose products are rounded, against goldens and a reference of float32.
@Suite struct ArithmeticCandidateTests {
  private func plan(
    _ candidates: [String], in arithmetics: [Arithmetic],
    options change: (inout VerificationOptions) -> Void = { _ in }
  ) throws -> VerificationPlan {
    var options = VerificationOptions()
    options.only = VerifyTests.quick
    change(&options)
    return try VerificationPlan(
      GoldenSet.open(VerifyTests.goldens),
      reference: Candidate.open(Fixture.klein, name: "reference"),
      candidates: Candidate.open(candidates, in: arithmetics), options: options)
  }

  @Test func candidatesOfSeveralArithmeticsHaveNamesOfTheirOwn() throws {
    func names(_ paths: [String], _ arithmetics: [Arithmetic]) throws -> [String] {
      try Candidate.open(paths, in: arithmetics).map(\.name)
    }
    #expect(
      try names([Fixture.klein], Arithmetic.allCases) == [
        "glyph-klein", "glyph-klein@bfloat16", "glyph-klein@int8",
      ])
    #expect(
      try names([Fixture.klein, Fixture.kleinTransformer], [.bfloat16, .int8]) == [
        "glyph-klein@bfloat16", "glyph-klein@int8", "transformer@bfloat16", "transformer@int8",
      ])
    // A name says only what tells candidates apart.
    #expect(try names([Fixture.klein], [.int8]) == ["glyph-klein"])
    #expect(try Candidate.open([Fixture.klein], in: [.int8])[0].arithmetic == .int8)
    #expect(try Candidate.open(Fixture.klein).arithmetic == .float32)
  }

  /// What a prediction is off by, as MMDiTTests/ArithmeticTests derives it, for the 14 blocks of the
  /// fixture: rounding factors to bfloat16 is off by 2⁻⁹ / √3 of them in the mean, to int8 by
  /// 3.5 / (127 · √12); both factors are rounded, two layers in a row reach the stream in each block,
  /// and attention and gates may enlarge it threefold.
  @Test func unquantizedWeightsLoseWhatTheArithmeticRounds() throws {
    let verification = try plan([Fixture.klein], in: Arithmetic.allCases) {
      $0.thresholds = Thresholds()
    }.run()
    let candidates = verification.candidates
    #expect(candidates.map(\.arithmetic) == [.float32, .float32, .bfloat16, .int8])
    #expect(candidates[0].passes)
    let errors = candidates.map { $0.goldens[0].velocityRelativeError }
    #expect(errors[1] == errors[0])
    let blocks = 14.0
    let growth = 3 * 2.0.squareRoot() * (2 * blocks).squareRoot()
    let bfloat16 = growth * 0x1p-9 / 3.0.squareRoot()
    let int8 = growth * 3.5 / (127 * 12.0.squareRoot())
    #expect(errors[2] < bfloat16 && errors[2] > bfloat16 / 100)
    #expect(errors[3] < int8 && errors[3] > int8 / 100)
    #expect(errors[2] < errors[3])
    // The weights are the reference's, whatever they are multiplied in.
    for candidate in candidates.dropFirst() {
      #expect(candidate.tensors.count == candidates[1].tensors.count)
      #expect(candidate.tensors.allSatisfy { $0.metrics.relativeError == 0 })
    }
  }

  @Test func limitsHoldInEveryArithmetic() throws {
    let verification = try plan([Fixture.klein], in: [.int8]) {
      $0.thresholds = Thresholds(velocityRelativeError: 1e-4)
    }.run()
    #expect(verification.candidates[0].passes && !verification.candidates[1].passes)
    #expect(verification.candidates[1].violations.map(\.limit) == ["velocity_relative_error"])
  }

  /// The modules that stay in float32 add nothing, the others do.
  @Test(arguments: [Arithmetic.bfloat16, .int8])
  func attributionSaysWhichModulesRound(arithmetic: Arithmetic) throws {
    let verification = try plan([Fixture.klein], in: [arithmetic]) { $0.attributionPlaces = [0] }
      .run()
    let rounding = verification.candidates[1].blocks.filter {
      $0.name.contains("transformer_blocks") || $0.name == "context_embedder"
    }
    #expect(rounding.count == 15)
    for block in verification.candidates[1].blocks {
      let rounds = rounding.contains(block)
      #expect((block.errors[0].relativeError > 0) == rounds, "\(block)")
    }
  }

  @Test func aPlanRunsAndWritesNothing() throws {
    try TemporaryFolder.with { folder in
      let plan = try plan([Fixture.klein], in: [.bfloat16, .int8]) {
        $0.only = ["apple-wide", "penguin-no-cfg-4-steps", "apple-ink"]
        $0.picturesFolder = folder.path("pictures")
        $0.velocitiesFolder = folder.path("velocities")
      }
      #expect(
        plan.entries.map(\.candidate.name) == [
          "reference", "glyph-klein@bfloat16", "glyph-klein@int8",
        ])
      #expect(plan.entries[0].thresholds == .reference)
      #expect(plan.entries[1].thresholds == .withoutRecipe)
      #expect(plan.skipped.map(\.id) == ["apple-ink"])
      for golden in plan.goldens {
        let perStep = golden.id == "apple-wide" ? 2 : 1
        #expect(plan.predictionCount(of: golden) == perStep * golden.steps)
      }
      #expect(try FileSystem.names(in: folder.path).isEmpty)
    }
  }
}
