import Families
import Fidelity
import FidelityReports
import Goldens
import Operations
import Recipes
import Reports
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

/// Reports of values made by hand: errors of 3, 4 against 3, 4.5 have a relative error of 0.1,
/// 20 dB of signal to noise, a cosine of 27 / (5 √29.25) = 0.99846 and, with a range of 1 and a mean
/// square error of 1/8, a peak ratio of 9.03 dB.
@Suite struct FidelityReportTests {
  private static func metrics(_ candidate: [Float]) -> ErrorMetrics {
    let reference: [Float] = [3, 4]
    var metrics = ErrorMetrics()
    metrics.add(reference: reference.span, candidate: candidate.span)
    return metrics
  }

  private static func golden(
    _ id: String, _ latents: [Float], velocities: [Double], negative: Double? = nil,
    picture: PictureFidelity? = nil
  ) -> GoldenFidelity {
    GoldenFidelity(
      id: id, prompt: "a \(id)",
      steps: velocities.enumerated().map { step, error in
        StepFidelity(
          sigma: step == 0 ? 1 : 0.5, velocityRelativeError: error,
          negativeVelocityRelativeError: negative,
          guidedVelocityRelativeError: negative.map { 2 * $0 }, driftRelativeError: error / 2,
          driftCosine: 1 - error)
      }, latents: metrics(latents), picture: picture)
  }

  private static func tensor(
    _ name: String, _ values: [Float], segment: SegmentError = SegmentError()
  ) -> TensorFidelity {
    TensorFidelity(
      name: name, encoding: "int8 row symmetric bf16 absmax", bitsPerWeight: 8.5,
      metrics: metrics(values), worstSegment: segment)
  }

  private func candidate(_ name: String) throws -> Candidate {
    Candidate(
      name: name, path: "\(name).mmdit",
      weights: try WeightsInMemory(TinyFlux2.diffusers()).component(), recipe: nil)
  }

  /// A report of an exact reference and a candidate, on a golden set without goldens.
  private func report(
    _ goldens: [GoldenFidelity], _ tensors: [TensorFidelity] = [], blocks: [BlockFidelity] = [],
    thresholds: Thresholds = Thresholds(), skipped: [SkippedGolden] = []
  ) throws -> (report: FidelityReport, path: String) {
    try TemporaryFolder.with { folder in
      try folder.write("set.json", #"{"producer": "an oracle", "goldens": []}"#)
      let path = try folder.write("set.safetensors", [NamedTensor("x", [1], [0])])
      let exact = Self.golden("cat", [3, 4], velocities: [0, 0])
      let verification = Verification(
        goldenSet: try GoldenSet.open(path),
        candidates: [
          CandidateFidelity(
            candidate: try candidate("reference"), thresholds: .reference, goldens: [exact],
            tensors: []),
          CandidateFidelity(
            candidate: try candidate("small"), thresholds: thresholds, goldens: goldens,
            tensors: tensors, blocks: blocks),
        ], skipped: skipped)
      let report = try verification.report(
        environment: ReportEnvironment(
          suiteVersion: "1.2.3", system: "Linux 6.1", processor: "a processor", threads: 2),
        relativeTo: "out/reports")
      #expect(report.passes == verification.passes)
      #expect(report.goldenSet.sha256 == (try SHA256Digest.ofFile(path).hexadecimal))
      return (report, path)
    }
  }

  @Test func aPassIsOneLineForEachCandidate() throws {
    let (report, _) = try report(
      [Self.golden("cat", [3, 4.5], velocities: [0.01, 0.025])],
      [Self.tensor("a", [3, 4]), Self.tensor("b", [3, 4.5])])
    #expect(report.passes)
    #expect(
      report.text == """
        candidate  bits/weight  velocity error  latents error  latents PSNR  worst tensor  verdict
        ---------  -----------  --------------  -------------  ------------  ------------  -------
        reference       32.000               0              0          ∞ dB             –  pass
        small           32.000          0.0250          0.100        9.0 dB         0.100  pass

        """)
  }

  @Test func anArithmeticHasAColumnWhereItIsNotThatOfTheReference() throws {
    var (report, _) = try report([Self.golden("cat", [3, 4.5], velocities: [0.01, 0.025])])
    report.candidates[1].arithmetic = .int8
    let lines = report.text.split(separator: "\n")
    #expect(lines[0].hasPrefix("candidate  arithmetic  bits/weight  velocity error  latents error"))
    #expect(lines[2].hasPrefix("reference  float32          32.000               0"))
    #expect(lines[3].hasPrefix("small      int8             32.000          0.0250"))
    #expect(report.markdown.contains("| small | int8 | 32.000 | 0.0250 |"))
  }

  @Test func aFailureListsItsViolations() throws {
    let (report, _) = try report(
      [Self.golden("cat", [3, 4.5], velocities: [0.01, 0.025])],
      [
        Self.tensor("b", [3, 4.5], segment: SegmentError(relativeError: 0.75, row: 7, column: 64))
      ],
      thresholds: Thresholds(
        velocityRelativeError: 0.02, latentsRelativeError: 0.1, latentsPSNR: 30,
        weightRelativeError: 0.05, segmentRelativeError: 0.5),
      skipped: [SkippedGolden(id: "ink", reason: "made with LoRAs")])
    #expect(!report.passes)
    #expect(
      report.text.split(separator: "\n").suffix(6) == [
        "small fails:",
        "  b: segment_relative_error: expected at most 0.500, found 0.750 (row 7, from column 64)",
        "  b: weight_relative_error: expected at most 0.0500, found 0.100",
        "  cat: velocity_relative_error: expected at most 0.0200, found 0.0250",
        "  cat: latents_psnr_db: expected at least 30.0, found 9.03",
        "skipped ink: made with LoRAs",
      ])
  }

  @Test func manyViolationsAreCounted() throws {
    let (report, _) = try report(
      [Self.golden("cat", [3, 4], velocities: [0])],
      (0..<11).map { Self.tensor("t\($0)", [3, 4.5]) },
      thresholds: Thresholds(weightRelativeError: 0.01))
    let lines = report.text.split(separator: "\n")
    #expect(lines.count { $0.contains("weight_relative_error") } == 8)
    #expect(lines.last == "  and 3 more in the JSON report")
  }

  @Test func markdownShowsWhatWasLostAndWhere() throws {
    let (report, path) = try report(
      [
        Self.golden("cat", [3, 4.5], velocities: [0.01, 0.025]),
        Self.golden("dog", [3, 4], velocities: [0]),
      ],
      [
        Self.tensor("a", [3, 4]), Self.tensor("c", [3, 4.5]),
        Self.tensor("b", [3, 4.5], segment: SegmentError(relativeError: 0.75, row: 7, column: 64)),
      ], thresholds: Thresholds(segmentRelativeError: 0.5),
      skipped: [SkippedGolden(id: "ink", reason: "made with LoRAs")])
    let markdown = report.markdown
    #expect(
      markdown.hasPrefix(
        """
        # Fidelity

        Golden set: `\(path)`, computed by an oracle.

        Measured by version 1.2.3 on a processor, Linux 6.1, with 2 threads.

        | candidate | arithmetic | bits/weight | velocity error | latents error | latents PSNR | \
        SSIM | verdict |
        |---|---|---:|---:|---:|---:|---:|---|
        | reference | float32 | 32.000 | 0 | 0 | ∞ dB | – | **pass** |
        | small | float32 | 32.000 | 0.0250 | 0.100 | 9.0 dB | – | **fail** |

        Each figure is the worst over the goldens.
        """))
    #expect(
      markdown.hasSuffix(
        """

        ## small fails

        - b: segment_relative_error: expected at most 0.500, found 0.750 (row 7, from column 64)

        ## reference

        | golden | steps | velocity error, first to last step | drift, first to last step | \
        latents cosine | PSNR |
        |---|---:|---:|---:|---:|---:|
        | cat | 2 | 0 … 0 | 0 … 0 | 1.00000 | ∞ dB |

        ## small

        | golden | steps | velocity error, first to last step | drift, first to last step | \
        latents cosine | PSNR |
        |---|---:|---:|---:|---:|---:|
        | cat | 2 | 0.0100 … 0.0250 | 0.00500 … 0.0125 | 0.99846 | 9.0 dB |
        | dog | 1 | 0 … 0 | 0 … 0 | 1.00000 | ∞ dB |

        2 of 3 tensors differ from the reference; the most:

        | tensor | stored as | relative error | SNR | cosine | largest error | worst segment |
        |---|---|---:|---:|---:|---:|---:|
        | `b` | int8 row symmetric bf16 absmax | 0.100 | 20.0 dB | 0.998460 | 0.500 | 0.750 |
        | `c` | int8 row symmetric bf16 absmax | 0.100 | 20.0 dB | 0.998460 | 0.500 | 0 |

        ## Skipped

        - `ink`: made with LoRAs

        """))
  }

  @Test func theDocumentHasEveryFigure() throws {
    let (report, path) = try report(
      [Self.golden("cat", [3, 4.5], velocities: [0.01, 0.025], negative: 0.5)],
      [
        Self.tensor("b", [3, 4.5], segment: SegmentError(relativeError: 0.75, row: 7, column: 64))
      ], thresholds: Thresholds(segmentRelativeError: 0.5),
      skipped: [SkippedGolden(id: "ink", reason: "made with LoRAs")])
    let document = JSONField(document: "report", value: report.document)
    #expect(try document["format"].string() == "mmdit-fidelity")
    #expect(try document["verdict"].string() == "fail")
    #expect(
      try document["golden_set"].value.compact()
        == #"{"file":"\#(path)","producer":"an oracle","sha256":"\#(report.goldenSet.sha256)"}"#)
    #expect(
      try document["environment"].value.compact() == """
        {"suite_version":"1.2.3","system":"Linux 6.1","processor":"a processor","threads":2}
        """)
    #expect(
      try document["skipped"].value.compact() == #"[{"id":"ink","reason":"made with LoRAs"}]"#)
    let candidates = try document["candidates"].array()
    #expect(try candidates.map { try $0["verdict"].string() } == ["pass", "fail"])
    let small = candidates[1]
    #expect(try small["path"].string() == "small.mmdit")
    #expect(try small["bits_per_weight"].double() == 32)
    #expect(
      try small["stored_byte_count"].integer() == candidate("small").weights.weights.storedByteCount
    )
    #expect(try small["recipe"].value == .null)
    #expect(try small["arithmetic"].string() == "float32")
    #expect(try FidelityReport(document: document).document == document.value)
    #expect(
      try small["violations"].value.compact() == """
        [{"subject":"b","limit":"segment_relative_error","allowed":0.5,"found":0.75,\
        "place":"row 7, from column 64"}]
        """)
    let golden = try small["goldens"].array()[0]
    #expect(try golden["prompt"].string() == "a cat")
    #expect(try golden["velocity_relative_error"].double() == 0.025)
    #expect(try golden["latents_relative_error"].double() == 0.1)
    let steps = try golden["steps"].array()
    #expect(try steps.map { try $0["sigma"].double() } == [1, 0.5])
    #expect(try steps.map { try $0["velocity_relative_error"].double() } == [0.01, 0.025])
    #expect(try steps.map { try $0["drift_relative_error"].double() } == [0.005, 0.0125])
    #expect(try steps.map { try $0["drift_cosine"].double() } == [0.99, 0.975])
    #expect(try steps[0]["negative_velocity_relative_error"].double() == 0.5)
    #expect(try steps[0]["guided_velocity_relative_error"].double() == 1)
    let tensor = try small["tensors"].array()[0]
    #expect(try tensor["bits_per_weight"].double() == 8.5)
    #expect(try tensor["maximum_absolute_error"].double() == 0.5)
    #expect(try tensor["root_mean_square_error"].double() == 0.125.squareRoot())
    #expect(try tensor["worst_segment"]["row"].integer() == 7)
    #expect(try tensor["worst_segment"]["column"].integer() == 64)
    // An exact reference has an infinite ratio, which JSON cannot say.
    let exact = try candidates[0]["goldens"].array()[0]
    #expect(try exact["latents_psnr_db"].value == .null)
    #expect(try exact["steps"].array()[0]["negative_velocity_relative_error"].value == .null)
  }

  @Test func whatIsNotANumberIsShownAndFails() throws {
    let (report, _) = try report(
      [
        Self.golden("cat", [3, 4], velocities: [0.01, .nan]),
        Self.golden("dog", [3, .nan], velocities: [0.02]),
        Self.golden("emu", [3, 4], velocities: [0.03]),
      ],
      [Self.tensor("a", [3, 4.5]), Self.tensor("b", [3, .nan]), Self.tensor("c", [3, 4.5])],
      thresholds: Thresholds(
        velocityRelativeError: 1, latentsRelativeError: 1, latentsPSNR: 0, weightRelativeError: 1))
    #expect(
      report.candidates[1].violations.map { "\($0.subject) \($0.limit)" } == [
        "b weight_relative_error", "cat velocity_relative_error", "dog latents_relative_error",
        "dog latents_psnr_db",
      ])
    let row = report.text.split(separator: "\n")[3].split(separator: " ")
    #expect(row == ["small", "32.000", "–", "–", "–", "dB", "–", "fail"])
    let tensors = report.markdown.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(tensors.map { $0.prefix(5) } == ["| `b`", "| `a`", "| `c`"])
  }

  @Test func picturesAreShownWhereTheyWereMade() throws {
    let picture = PictureFidelity(
      path: "out/pictures/small/cat.png", goldenPath: "out/pictures/golden/cat.png",
      peakSignalToNoise: 31.25, structuralSimilarity: 0.98765,
      multiScaleStructuralSimilarity: .nan, flip: 0.0421)
    let (report, _) = try report([
      Self.golden("cat", [3, 4.5], velocities: [0.01], picture: picture)
    ])
    #expect(
      report.candidates[1].goldens[0].picture?.file == "../pictures/small/cat.png")
    #expect(
      report.candidates[1].goldens[0].picture?.goldenFile == "../pictures/golden/cat.png")
    #expect(
      report.text.split(separator: "\n")[3].split(separator: " ").suffix(4) == [
        "0.9877", "0.0421", "–", "pass",
      ])
    #expect(
      report.markdown.contains(
        """
        | picture | PSNR | SSIM | MS-SSIM | FLIP |
        |---|---:|---:|---:|---:|
        | cat | 31.3 dB | 0.9877 | – | 0.0421 |

        """))
  }

  @Test func theModulesThatAddMostAreShown() throws {
    func block(_ name: String, _ errors: [Double]) -> BlockFidelity {
      BlockFidelity(
        name: name,
        errors: zip([0, 0.5, 1], errors).map { PlacedError(progress: $0, relativeError: $1) })
    }
    let (report, _) = try report(
      [Self.golden("cat", [3, 4], velocities: [0])],
      blocks: [
        block("x_embedder", [0, 0, 0]), block("blocks.0", [0.01, 0.02, 0.04]),
        block("blocks.1", [0.03, .nan, 0.01]), block("proj_out", [0.05, 0, 0]),
      ])
    #expect(
      report.markdown.hasSuffix(
        """
        | module | error at 0 % of the run | error at 50 % of the run | error at 100 % of the run |
        |---|---:|---:|---:|
        | `blocks.1` | 0.0300 | – | 0.0100 |
        | `proj_out` | 0.0500 | 0 | 0 |
        | `blocks.0` | 0.0100 | 0.0200 | 0.0400 |
        | `x_embedder` | 0 | 0 | 0 |

        """))
  }

  @Test func severalReportsAreOneDocument() throws {
    let (first, path) = try report([Self.golden("cat", [3, 4], velocities: [0])])
    let (second, otherPath) = try report(
      [Self.golden("cat", [3, 4.5], velocities: [0.5])],
      thresholds: Thresholds(velocityRelativeError: 0.1))
    let lines = FidelityReport.markdown(of: [first, second]).split(separator: "\n")
    #expect(
      lines.filter { $0.hasPrefix("#") } == [
        "# Fidelity", "## reference on `\(path)`", "## small on `\(path)`",
        "## small fails on `\(otherPath)`", "## reference on `\(otherPath)`",
        "## small on `\(otherPath)`",
      ])
    #expect(lines.count { $0.hasPrefix("Each figure") } == 1)
  }

  @Test(arguments: [
    ("out/a/b.png", "out", "a/b.png"), ("out/a.png", "", "out/a.png"),
    ("out/a.png", "out/reports", "../a.png"), ("./out//a.png", "out/x/../y", "../a.png"),
    ("/tmp/a.png", "/tmp/reports", "../a.png"), ("../a.png", "reports", "../../a.png"),
    ("/a.png", "/", "a.png"),
  ])
  func picturesAreFoundFromTheReport(path: String, folder: String, expected: String) {
    #expect(relativePath(path, from: folder) == expected)
  }

  @Test func onlyTheWorstTensorsAreShown() throws {
    let tensors = (0..<25).map { index in
      Self.tensor("t\(index)", [3, 4 + Float(index) / 64])
    }
    let (report, _) = try report(
      [Self.golden("cat", [3, 4], velocities: [0])], tensors)
    let lines = report.markdown.split(separator: "\n")
    #expect(lines.contains("24 of 25 tensors differ from the reference; the most:"))
    let shown = lines.filter { $0.hasPrefix("| `") }.map {
      String($0.dropFirst(3).prefix { $0 != "`" })
    }
    #expect(shown == (15..<25).reversed().map { "t\($0)" })
  }
}
