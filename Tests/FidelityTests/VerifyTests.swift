import Bundles
import Families
import Fidelity
import Goldens
import Quantization
import Recipes
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The verifier must tell good from bad; each test makes something bad in one known way.
@Suite struct VerifyTests {
  /// The cheapest run of the set: four steps, one prediction each.
  static let quick = ["penguin-no-cfg-4-steps"]
  static let goldens = FileSystem.path(Fixture.goldens, "glyph-klein.safetensors")

  private func verifyBundle(
    _ path: String, thresholds: Thresholds? = nil
  ) throws -> Verification {
    try verify(
      GoldenSet.open(Self.goldens),
      reference: Candidate.open(Fixture.klein, name: "reference"),
      candidates: Candidate.open([path]), options: Self.options(thresholds: thresholds))
  }

  private static func options(
    only: [String] = quick, thresholds: Thresholds? = nil, attribution: [Double] = []
  ) -> VerificationOptions {
    var options = VerificationOptions()
    options.only = only
    options.thresholds = thresholds
    options.attributionPlaces = attribution
    return options
  }

  private func quantizeFixture(_ recipe: String, to path: String) throws {
    let job = try QuantizationJob(model: Fixture.klein, recipe: recipe, threads: 2)
    _ = try job.run(output: path, compress: false, producer: "test")
  }

  @Test func theReferenceReproducesTheGoldensAndEightBitsPass() throws {
    try TemporaryFolder.with { folder in
      try quantizeFixture("int8", to: folder.path("glyph.2-int8.mmdit"))
      let verification = try verifyBundle(folder.path("glyph.2-int8.mmdit"))
      #expect(verification.passes)
      #expect(verification.candidates.map(\.name) == ["reference", "glyph.2-int8"])
      let reference = verification.candidates[0]
      #expect(reference.bitsPerWeight == 16)
      // Agreement between two float32 implementations; formats/fidelity-report.md.
      #expect(reference.goldens[0].velocityRelativeError < 1e-5)
      #expect(reference.goldens[0].latents.relativeError < 1e-4)
      // Eight bits: the step is 1/127 of a row's largest magnitude, some 4 standard deviations, so
      // the error is near 4/127/√12 ≈ 0.9 % of a weight's size.
      let candidate = verification.candidates[1]
      #expect((0.001...0.02).contains(candidate.goldens[0].velocityRelativeError))
      let changed = candidate.tensors.filter { $0.metrics.relativeError != 0 }
      #expect(changed.count == 68)
      #expect(changed.allSatisfy { (0.004...0.02).contains($0.metrics.relativeError) })
    }
  }

  /// One scale of one group among thousands, wrong, under checksums that are right: the verdict
  /// must be fail, and name the tensor and the row.
  @Test(arguments: [("int4-g64", 2.0), ("int8", 1.25), ("int4", 2.0)])
  func oneWrongScaleFailsAndIsNamed(recipe: String, factor: Double) throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("bad.mmdit")
      let name = "transformer_blocks.2.ff.linear_in.weight"
      try quantizeFixture(recipe, to: path)
      #expect(try verifyBundle(path).passes)
      try ScaleDamage(path).multiplyScale(of: name, row: 700, by: Float(factor))
      try Bundle.open(path).check()
      let verification = try verifyBundle(path)
      #expect(!verification.passes)
      #expect(verification.candidates[0].passes)
      let violation = try #require(verification.candidates[1].violations.first)
      #expect(violation.subject == name)
      #expect(violation.limit == "segment_relative_error")
      #expect(violation.place?.hasPrefix("row 700,") == true)
      #expect(Set(verification.candidates[1].violations.map(\.subject)).count == 1)
    }
  }

  /// The guided error is measured on what a step follows: negative + 3.5 · (positive − negative).
  @Test func guidedRunsHaveTheErrorsOfBothPredictionsAndOfTheirSum() throws {
    try TemporaryFolder.with { folder in
      try quantizeFixture("int8", to: folder.path("a.mmdit"))
      let folderOfVelocities = folder.path("velocities")
      var options = Self.options(only: ["apple-wide"])
      options.velocitiesFolder = folderOfVelocities
      let set = try GoldenSet.open(Self.goldens)
      let verification = try verify(
        set, reference: Candidate.open(Fixture.klein, name: "reference"),
        candidates: Candidate.open([folder.path("a.mmdit")]), options: options)
      let golden = try #require(verification.candidates.last?.goldens.first)
      #expect(golden.prompt == (try set.golden("apple-wide").prompt))
      let run = try set.load(set.golden("apple-wide"))
      let found = try SafetensorsCheckpoint.open(
        FileSystem.path(folderOfVelocities, "a.safetensors"))
      let positive = try found.values(of: "apple-wide.velocity")
      let negative = try found.values(of: "apple-wide.negative_velocity")
      let count = run.noise.count
      for (step, fidelity) in golden.steps.enumerated() {
        let expected = try #require(run.guidedVelocity(step: step))
        let guided = (step * count..<(step + 1) * count).map {
          negative[$0] + run.golden.guidance * (positive[$0] - negative[$0])
        }
        var metrics = ErrorMetrics()
        metrics.add(reference: expected.span, candidate: guided.span)
        #expect(fidelity.guidedVelocityRelativeError == metrics.relativeError)
        #expect(fidelity.driftCosine > 0.9 && fidelity.driftCosine <= 1)
      }
      #expect(golden.latents.cosineSimilarity == golden.steps.last?.driftCosine)
    }
  }

  @Test func attributionFindsTheBlockThatIsWrong() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("bad.mmdit")
      try quantizeFixture("int8", to: path)
      func blocks() throws -> [String: [PlacedError]] {
        let verification = try verify(
          GoldenSet.open(Self.goldens), reference: Candidate.open(Fixture.klein, name: "reference"),
          candidates: Candidate.open([path]),
          options: Self.options(attribution: VerificationOptions.firstMiddleLast))
        #expect(verification.candidates[0].blocks.isEmpty)
        return Dictionary(
          uniqueKeysWithValues: verification.candidates[1].blocks.map { ($0.name, $0.errors) })
      }
      let good = try blocks()
      #expect(good.count == 5 + 2 + 4 + 10 + 1)
      #expect(good.values.allSatisfy { $0.map(\.progress) == [0, 0.5, 1] })
      try ScaleDamage(path).multiplyScale(
        of: "transformer_blocks.2.ff.linear_out.weight", row: 70, by: 16)
      let bad = try blocks()
      for (name, errors) in good {
        #expect((bad[name] == errors) == (name != "transformer_blocks.2"), "\(name)")
      }
    }
  }

  @Test func limitsOfAFileReplaceThoseOfTheRecipe() throws {
    try TemporaryFolder.with { folder in
      try quantizeFixture("int8", to: folder.path("a.mmdit"))
      let strict = Thresholds(velocityRelativeError: 1e-4, latentsPSNR: 200)
      let verification = try verifyBundle(folder.path("a.mmdit"), thresholds: strict)
      #expect(
        verification.candidates[1].violations.map(\.limit) == [
          "velocity_relative_error", "latents_psnr_db",
        ])
      #expect(verification.candidates[1].violations.allSatisfy { $0.subject == Self.quick[0] })
    }
  }

  @Test func anUnpackedBundleIsACandidateToo() throws {
    try TemporaryFolder.with { folder in
      try quantizeFixture("int8", to: folder.path("a.mmdit"))
      try unpack(
        Bundle.open(folder.path("a.mmdit")), to: folder.path("a.safetensors"), as: .float32)
      let verification = try verify(
        GoldenSet.open(Self.goldens),
        reference: Candidate.open(Fixture.kleinTransformer, name: "reference"),
        candidates: Candidate.open([folder.path("a.mmdit"), folder.path("a.safetensors")]),
        options: Self.options())
      let (bundle, plain) = (verification.candidates[1], verification.candidates[2])
      #expect(bundle.name == folder.path("a.mmdit"))
      #expect(
        plain.goldens[0].velocityRelativeError == bundle.goldens[0].velocityRelativeError)
      #expect(
        plain.tensors.map(\.metrics.relativeError) == bundle.tensors.map(\.metrics.relativeError))
    }
  }

  @Test func goldensWithLoRAsAreSkippedWithAReason() throws {
    let verification = try verify(
      GoldenSet.open(Self.goldens), reference: Candidate.open(Fixture.klein, name: "reference"),
      candidates: [], options: Self.options(only: Self.quick + ["apple-ink"]))
    #expect(verification.skipped.map(\.id) == ["apple-ink"])
    #expect(verification.skipped[0].reason.contains("lora-ink"))
  }

  @Test func anUnknownGoldenAndOnlySkippedOnesAreRefused() throws {
    let set = try GoldenSet.open(Self.goldens)
    let reference = try Candidate.open(Fixture.klein, name: "reference")
    let unknown = #expect(throws: GoldenFailure.self) {
      _ = try verify(
        set, reference: reference, candidates: [], options: Self.options(only: ["banana"]))
    }
    #expect(unknown?.description.contains("red-apple") == true)
    #expect(throws: FidelityFailure.nothingToMeasure(path: Self.goldens)) {
      _ = try verify(
        set, reference: reference, candidates: [], options: Self.options(only: ["apple-ink"]))
    }
  }

  @Test func aCandidateOfAnotherArchitectureIsRefused() throws {
    try TemporaryFolder.with { folder in
      let weights = try SyntheticWeights().canonical()
      let other = Candidate(name: "small", path: "small", weights: weights, recipe: nil)
      let failure = #expect(throws: FidelityFailure.self) {
        _ = try verify(
          GoldenSet.open(Self.goldens),
          reference: Candidate.open(Fixture.klein, name: "reference"), candidates: [other],
          options: Self.options())
      }
      #expect(failure?.description.contains("small: expected the architecture of") == true)
    }
  }
}

/// Changes one scale of a bundle and makes every checksum right again.
private struct ScaleDamage {
  private let path: String
  private let bundle: Bundle

  init(_ path: String) throws {
    self.path = path
    bundle = try Bundle.open(path)
  }

  func multiplyScale(of name: String, row: Int, by factor: Float) throws {
    let tensor = try #require(bundle.tensor(named: name))
    let scales = try #require(tensor.segments.first { $0.kind == .scales })
    let run = scales.runs[0]
    var bytes = try FileReader.contents(of: path, limit: 1 << 30)
    let place = run.offset + row * scales.rowStride
    // A scale of two bytes: the upper half of a float32.
    let scale = Float(
      bitPattern: UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 24)
    let changed = (scale * factor).bitPattern
    bytes[place] = UInt8(truncatingIfNeeded: changed >> 16)
    bytes[place + 1] = UInt8(truncatingIfNeeded: changed >> 24)
    let checksum = CRC32(Array(bytes[run.offset..<run.end]).rawBytes)
    let header = String(decoding: bytes[bundle.dataEnd...], as: UTF8.self)
      .replacing(scales.checksum.description, with: checksum.description)
    let text = Array(header.utf8)
    let headerChecksum = CRC32(text.rawBytes).value
    for index in 0..<4 {
      bytes[12 + index] = UInt8(truncatingIfNeeded: headerChecksum >> (8 * index))
    }
    try AtomicFile.write((Array(bytes[..<bundle.dataEnd]) + text).rawBytes, to: path)
  }
}
