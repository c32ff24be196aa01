import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct FixtureTests {
  @Test func theTransformerOpensFromItsThreeShards() throws {
    let checkpoint = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    #expect(checkpoint.files.count == 3)
    #expect(checkpoint.weights.count == 113)
    // `metadata.total_size` of the index.
    #expect(checkpoint.weights.reduce(0) { $0 + $1.storedByteCount } == 33_498_112)
    #expect(checkpoint.weights.allSatisfy { $0.encoding == "BF16" })
  }

  @Test func everyWeightOfTheTransformerDecodesToFiniteNumbers() throws {
    let checkpoint = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    for weight in checkpoint.weights {
      let values = try checkpoint.values(of: weight.name)
      #expect(values.count == weight.shape.count)
      #expect(values.allSatisfy { $0.isFinite }, "\(weight.name)")
    }
  }

  @Test func theOtherPartsOfThePipelineOpen() throws {
    for part in ["text_encoder", "vae", "lora-ink", "lora-turbo"] {
      let checkpoint = try SafetensorsCheckpoint.open("\(Fixture.klein)/\(part)")
      #expect(checkpoint.files.count == 1, "\(part)")
      #expect(!checkpoint.weights.isEmpty, "\(part)")
    }
  }

  @Test func theGoldenRunsOpen() throws {
    let checkpoint = try SafetensorsCheckpoint.open(Fixture.goldens)
    #expect(checkpoint.weight(named: "red-apple.noise")?.shape == Shape([64, 128]))
  }

  @Test func thePipelineItselfNamesItsParts() throws {
    let failure = #expect(throws: SafetensorsFailure.self) {
      try SafetensorsCheckpoint.open(Fixture.klein)
    }
    #expect(
      failure
        == .noCheckpoint(
          folder: Fixture.klein,
          subfolders: ["lora-ink", "lora-turbo", "text_encoder", "transformer", "vae"]))
  }
}
