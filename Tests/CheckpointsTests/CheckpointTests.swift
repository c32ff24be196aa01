import Checkpoints
import Failures
import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointTests {
  /// Every value of a checkpoint, by name.
  private func values(_ checkpoint: Checkpoint) throws -> [String: [Float]] {
    var values: [String: [Float]] = [:]
    for weight in checkpoint.weights.weights {
      values[weight.name] = try checkpoint.weights.values(of: weight.name)
    }
    return values
  }

  private let expected = Dictionary(
    uniqueKeysWithValues: TinyFlux2.diffusers().map { ($0.name, $0.values) })

  @Test func theFixtureOpensAsPipelineAndAsTransformer() throws {
    let pipeline = try Checkpoint.open(Fixture.klein)
    let transformer = try Checkpoint.open(Fixture.kleinTransformer)
    #expect(pipeline.configuration == transformer.configuration)
    #expect(pipeline.weights.weights == transformer.weights.weights)
    #expect(pipeline.weights.weights.count == 113)
    #expect(pipeline.files == transformer.files)
    #expect(
      pipeline.files.map(FileSystem.name(of:))
        == (1...3).map {
          "diffusion_pytorch_model-0000\($0)-of-00003.safetensors"
        })
    #expect(pipeline.metadata == [.init(key: "format", value: "pt")])
    #expect(pipeline.isDistilled == false)
    #expect(transformer.isDistilled == false)
    #expect(pipeline.license == nil)
    #expect(pipeline.path == Fixture.klein)
    let name = "transformer_blocks.3.attn.to_k.weight"
    #expect(try pipeline.weights.values(of: name) == transformer.weights.values(of: name))
  }

  /// Also of weights that are parts of fused tensors, or halves that the file has the other way round.
  @Test func rowsOfBfloat16AreReadAsTheyAre() throws {
    try TemporaryFolder.with { folder in
      let tensors = TinyFlux2.original().map { tensor in
        StoredTensor(
          tensor.name, .bfloat16, tensor.extents,
          tensor.values.flatMap { value in
            [16, 24].map { UInt8(truncatingIfNeeded: value.bitPattern >> $0) }
          })
      }
      let path = try folder.write("a.safetensors", SafetensorsBytes.file(stored: tensors))
      let weights = try Checkpoint.open(path).weights
      for weight in weights.weights {
        let isMatrix = weight.shape.extents.count == 2
        #expect(weights.coding(of: weight.name) == (isMatrix ? .bfloat16 : nil))
        guard isMatrix else { continue }
        for rows in [0..<weight.shape.rows, 1..<weight.shape.rows - 1] {
          #expect(
            try weights.codedValues(of: weight.name, rows: rows)
              == weights.values(of: weight.name, rows: rows), "\(weight.name)")
        }
      }
    }
  }

  @Test func folderFileAndIndexHaveTheSameWeights() throws {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline()
      let paths = [
        pipeline, "\(pipeline)/transformer",
        "\(pipeline)/transformer/diffusion_pytorch_model.safetensors",
        try folder.write("original.safetensors", TinyFlux2.original()),
        try folder.write(
          "comfy.safetensors", TinyFlux2.original(prefix: "model.diffusion_model.")),
        try folder.write("norms.safetensors", TinyFlux2.original(norm: "weight")),
        try folder.write("diffusers.safetensors", TinyFlux2.diffusers()),
      ]
      for path in paths {
        let checkpoint = try Checkpoint.open(path)
        #expect(try values(checkpoint) == expected, "\(path)")
        #expect(try checkpoint.weights.flux2() == Checkpoint.open(pipeline).weights.flux2())
        #expect(checkpoint.files.count == 1)
      }
    }
  }

  @Test func anIndexOfShardsOpensAsItsFolder() throws {
    let index = "\(Fixture.kleinTransformer)/diffusion_pytorch_model.safetensors.index.json"
    let checkpoint = try Checkpoint.open(index)
    #expect(checkpoint.files.count == 3)
    #expect(
      checkpoint.configuration == (try Checkpoint.open(Fixture.kleinTransformer)).configuration)
  }

  @Test func aTrailingSlashChangesNothing() throws {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline(isDistilled: "true")
      for path in ["\(pipeline)/", "\(pipeline)/transformer/"] {
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.isDistilled == true)
        #expect(checkpoint.weights.weights.count == expected.count)
      }
    }
  }

  // MARK: Configuration

  @Test func theDocumentDecidesWhatShapesDoNotTell() throws {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline(
        configuration: TinyFlux2.configuration(
          replacing: ["rope_theta": "500"]))
      let file = "\(pipeline)/transformer/diffusion_pytorch_model.safetensors"
      for path in [pipeline, "\(pipeline)/transformer", file] {
        #expect(try Checkpoint.open(path).weights.flux2().rotaryBase == 500, "\(path)")
      }
    }
  }

  @Test func theDocumentOfSomethingElseBesideAFileIsIgnored() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("a.safetensors", TinyFlux2.original())
      for text in [
        TinyFlux2.configuration(
          replacing: ["_class_name": "\"AutoencoderKL\"", "rope_theta": "500"]), "[]", "3",
      ] {
        try folder.write("config.json", text)
        #expect(try Checkpoint.open(path).weights.flux2().rotaryBase == 2000)
      }
    }
  }

  @Test func aFolderWithoutADocumentIsInferred() throws {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline()
      let stated = try Checkpoint.open(pipeline).weights.flux2()
      try folder.remove("pipeline/transformer/config.json")
      #expect(try Checkpoint.open(pipeline).weights.flux2() == stated)
    }
  }

  @Test func aDocumentThatDisagreesWithTheWeightsNamesTheTensor() throws {
    try TemporaryFolder.with { folder in
      let file = "diffusion_pytorch_model.safetensors"
      for (key, value, expected) in [
        (
          "joint_attention_dim", "32",
          "tensor \"context_embedder.weight\": expected shape [16, 32], found [16, 24]"
        ),
        (
          "mlp_ratio", "4",
          "tensor \"transformer_blocks.0.ff.linear_in.weight\": expected shape [128, 16], "
            + "found [96, 16]"
        ),
        (
          "num_layers", "3",
          "expected every weight of the network, found 16 missing: "
            + "transformer_blocks.2.attn.to_q.weight, "
        ),
        (
          "num_single_layers", "1",
          "expected only weights of the network, found 4 others: "
            + "single_transformer_blocks.1.attn."
        ),
        (
          "guidance_embeds", "false",
          "expected only weights of the network, found 2 others: "
            + "time_guidance_embed.guidance_embedder.linear_1.weight"
        ),
      ] {
        let pipeline = try folder.makePipeline(
          key, configuration: TinyFlux2.configuration(replacing: [key: value]))
        let found = message { _ = try Checkpoint.open(pipeline) }
        #expect(found.hasPrefix("\(pipeline)/transformer/\(file): \(expected)"), "\(found)")
      }
    }
  }

  @Test func aBrokenDocumentIsNamed() throws {
    try TemporaryFolder.with { folder in
      let pipeline = try folder.makePipeline(configuration: "{\"num_layers\": 2,}")
      #expect(
        message { _ = try Checkpoint.open(pipeline) }.hasPrefix(
          "\(pipeline)/transformer/config.json: byte "))
      let other = try folder.makePipeline("other", isDistilled: "\"yes\"")
      #expect(
        message { _ = try Checkpoint.open(other) }.hasPrefix(
          "\(other)/model_index.json: is_distilled: expected a boolean, found a string"))
    }
  }

  // MARK: What the pipeline says

  @Test func distillationIsWhatThePipelineSays() throws {
    try TemporaryFolder.with { folder in
      for (text, expected) in [("true", true), ("false", false), ("null", nil)] {
        let pipeline = try folder.makePipeline(text, isDistilled: text)
        let file = "\(pipeline)/transformer/diffusion_pytorch_model.safetensors"
        for path in [pipeline, "\(pipeline)/transformer", file] {
          #expect(try Checkpoint.open(path).isDistilled == expected, "\(path)")
        }
      }
      let alone = try folder.write("alone.safetensors", TinyFlux2.original())
      #expect(try Checkpoint.open(alone).isDistilled == nil)
    }
  }

  @Test func aFileInThePipelinesFolderKnowsWhatThePipelineSays() throws {
    try TemporaryFolder.with { folder in
      try folder.makePipeline(isDistilled: "true")
      let file = try folder.write("pipeline/flux2.safetensors", TinyFlux2.original())
      try folder.write("pipeline/README.md", "---\nlicense: mit\n---\n")
      let checkpoint = try Checkpoint.open(file)
      #expect(checkpoint.isDistilled == true)
      #expect(checkpoint.license == "mit")
      #expect(checkpoint.files == [file])
    }
  }

  // MARK: Other things

  @Test func everyPartOfAPipelineOpens() throws {
    for (part, family, count) in [
      ("transformer", Family.flux2, 113), ("text_encoder", .qwen3, 310),
      ("vae", .flux2Autoencoder, 183),
    ] {
      let checkpoint = try Checkpoint.open("\(Fixture.klein)/\(part)")
      #expect(checkpoint.configuration.family == family)
      #expect(checkpoint.weights.identity.layout == .diffusers)
      #expect(checkpoint.weights.weights.count == count, "\(part)")
      #expect(checkpoint.weights.dropped.isEmpty)
      #expect(checkpoint.others.isEmpty)
      // What config.json leaves to the weights, they tell; and the other way round.
      let inferred = try checkpoint.source.component()
      #expect(inferred.configuration.sizes == checkpoint.configuration.sizes, "\(part)")
    }
  }

  @Test func somethingElseIsRefused() {
    #expect(
      message { _ = try Checkpoint.open("\(Fixture.klein)/lora-ink") }.contains(
        ": expected a component of a known family, found names of none"))
  }

  @Test func nothingAtThePathIsSaidSo() {
    let path = "/nonexistent/flux2.safetensors"
    #expect(message { _ = try Checkpoint.open(path) }.hasPrefix("\(path): "))
    #expect(
      message { _ = try Checkpoint.open("\(Fixture.klein)/tokenizer") }.hasPrefix(
        "\(Fixture.klein)/tokenizer: "))
  }
}
