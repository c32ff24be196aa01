import Goldens
import Images
import MMDiT
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct GoldenSetWriterTests {
  private static let provenance = GoldenProvenance(
    suiteVersion: "1.2.3", model: "small",
    sources: [
      .init(
        name: "transformer/a.safetensors", byteCount: 7,
        sha256: String(repeating: "0123456789abcdef", count: 4))
    ])

  /// Two runs, the second with the picture of the first as its reference.
  private static let goldens = [
    Golden(
      id: "wide", prompt: "a \"wide\" ☕", seed: 7, steps: 2, guidance: 3.5,
      grid: TokenGrid(height: 1, width: 2), textTokenCount: 3, unshiftedSigmas: [1, 0.1]),
    Golden(
      id: "edit", prompt: "", steps: 1, guidance: 1, grid: TokenGrid(height: 1, width: 1),
      textTokenCount: 4, reference: "wide", loras: [Golden.LoRA(path: "ink", strength: 0.5)]),
  ]

  private static let plan = GoldenSetPlan(
    producer: "a test", provenance: provenance, negativePrompt: "ugly", channels: 4, textWidth: 5,
    runs: [
      .init(golden: goldens[0], isGuided: true, hasPicture: true),
      .init(golden: goldens[1], isGuided: false, hasPicture: false),
    ])

  /// Values that differ by their place and their tensor.
  private static func values(_ count: Int, from first: Float) -> [Float] {
    (0..<count).map { first + Float($0) / 128 }
  }

  private static func runs(path: String) -> [GoldenRun] {
    [
      GoldenRun(
        path: path, golden: goldens[0], noise: values(8, from: 1), text: values(15, from: 2),
        negativeText: values(15, from: 3), sigmas: [1, 0.5, 0],
        velocities: [values(8, from: 4), values(8, from: 5)],
        negativeVelocities: [values(8, from: 6), values(8, from: 7)],
        decoderLatents: values(8, from: 8),
        image: Image(
          width: 32, height: 16, pixels: (0..<32 * 16 * 3).map { UInt8(truncatingIfNeeded: $0) })),
      GoldenRun(
        path: path, golden: goldens[1], noise: values(4, from: 9), text: values(20, from: 10),
        references: [
          ReferenceTokens(tokens: values(8, from: 11), grid: goldens[0].grid)
        ], sigmas: [1, 0], velocities: [values(4, from: 12)]),
    ]
  }

  private func write(_ path: String, hasNegativeText: Bool = true) throws {
    let writer = try GoldenSetWriter.create(path, Self.plan)
    for run in Self.runs(path: path) { try writer.write(run) }
    if hasNegativeText {
      try writer.write(negativeText: Self.values(15, from: 3), tokenCount: 3)
    }
    try writer.commit()
  }

  @Test func aSetIsReadAsItWasWritten() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      try write(path)
      let set = try GoldenSet.open(path)
      #expect(set.producer == "a test")
      #expect(set.provenance == Self.provenance)
      #expect(set.negativePrompt == "ugly")
      #expect(set.goldens == Self.goldens)
      for expected in Self.runs(path: path) {
        let run = try set.load(expected.golden)
        #expect(run.noise == expected.noise)
        #expect(run.text == expected.text)
        #expect(run.negativeText == expected.negativeText)
        #expect(run.references.map(\.tokens) == expected.references.map(\.tokens))
        #expect(run.references.map(\.grid) == expected.references.map(\.grid))
        #expect(run.sigmas == expected.sigmas)
        #expect(run.velocities == expected.velocities)
        #expect(run.negativeVelocities == expected.negativeVelocities)
        #expect(run.trajectory == expected.trajectory)
        #expect(run.decoderLatents == expected.decoderLatents)
        #expect(run.image == expected.image)
      }
    }
  }

  /// x₁ = x₀ + (σ₁ − σ₀) · (n₀ + g · (v₀ − n₀)), by hand for the first value:
  /// 1 + (0.5 − 1) · (6 + 3.5 · (4 − 6)) = 1.5, then 1.5 − 0.5 · (7 + 3.5 · (5 − 7)) = 1.5.
  @Test func theTrajectoryFollowsTheGuidedVelocities() {
    let run = Self.runs(path: "set")[0]
    #expect(run.trajectory.map { $0[0] } == [1, 1.5, 1.5])
    #expect(run.guidedVelocity(step: 0)?[0] == -1)
    #expect(Self.runs(path: "set")[1].guidedVelocity(step: 0) == nil)
  }

  @Test func theSameSetIsTheSameBytes() throws {
    try TemporaryFolder.with { folder in
      for name in ["a", "b"] { try write(folder.path("\(name).safetensors")) }
      #expect(try folder.read("a.safetensors") == folder.read("b.safetensors"))
      #expect(try folder.read("a.json") == folder.read("b.json"))
    }
  }

  @Test func aSetWithoutAllItsTensorsIsNotWritten() throws {
    try TemporaryFolder.with { folder in
      let failure = #expect(throws: SafetensorsFailure.self) {
        try write(folder.path("set.safetensors"), hasNegativeText: false)
      }
      #expect("\(failure.map { "\($0)" } ?? "")".contains("negative_prompt_embeds.3"))
      let names = try FileSystem.names(in: folder.path)
      #expect(names.isEmpty)
    }
  }

  @Test func idsThatOccurTwiceAreRefused() throws {
    try TemporaryFolder.with { folder in
      var plan = Self.plan
      plan.runs.append(plan.runs[0])
      let path = folder.path("set.safetensors")
      #expect(throws: GoldenFailure.nameTwice(path: path, name: "wide")) {
        _ = try GoldenSetWriter.create(path, plan)
      }
    }
  }

  @Test func aReferenceThatIsNotInTheSetIsRefused() throws {
    try TemporaryFolder.with { folder in
      var plan = Self.plan
      plan.runs.removeFirst()
      let path = folder.path("set.safetensors")
      #expect(throws: GoldenFailure.unknownGolden(path: path, id: "wide", known: ["edit"])) {
        _ = try GoldenSetWriter.create(path, plan)
      }
    }
  }

  @Test func anotherEndingIsRefused() {
    #expect(throws: GoldenFailure.notAGoldenSet(path: "set.bin")) {
      _ = try GoldenSetWriter.create("set.bin", Self.plan)
    }
  }

  /// A picture stored as numbers is not taken for one.
  @Test func aPictureOfFloatsIsRefused() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      try write(path)
      let source = try SafetensorsCheckpoint.open(path)
      let tensors = try source.weights.map { weight in
        NamedTensor(weight.name, weight.shape.extents, try source.values(of: weight.name))
      }
      try folder.write("floats.safetensors", tensors)
      try folder.write("floats.json", folder.read("set.json"))
      let set = try GoldenSet.open(folder.path("floats.safetensors"))
      #expect(
        throws: GoldenFailure.wrongType(
          path: set.path, name: "wide.image", expected: "U8", found: "F32")
      ) { _ = try set.load(set.goldens[0]) }
    }
  }

  @Test(arguments: [
    (#"{"suite_version": "1", "model": "m", "sources": [], "extra": 1}"#, "extra"),
    (#"{"suite_version": "1", "sources": []}"#, "\"model\""),
    (
      #"{"suite_version": "1", "model": "m", "sources": [{"name": "a", "bytes": -1, "sha256": ""}]}"#,
      "sha256"
    ),
    (
      """
      {"suite_version": "1", "model": "m", "sources": [{"name": "a", "bytes": -1,
      "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}
      """, "bytes"
    ),
  ])
  func aProvenanceThatLiesIsRefused(provenance: String, message: String) throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("set.safetensors")
      try write(path)
      try folder.write("set.json", #"{"goldens": [], "provenance": \#(provenance)}"#)
      let failure = #expect(throws: JSONFailure.self) { _ = try GoldenSet.open(path) }
      #expect(failure?.description.contains(message) == true)
    }
  }
}
