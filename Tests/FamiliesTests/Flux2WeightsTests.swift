import Families
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct Flux2WeightsTests {
  /// The published sizes, from the models' configurations and the headers of their files.
  private static let published:
    [(title: String, configuration: Flux2Configuration, tensors: Int, weights: Int)] = [
      (
        "FLUX.2 [dev] 32B",
        configuration(heads: 48, double: 8, single: 48, textSize: 15360, hasGuidance: true), 331,
        32_223_281_152
      ),
      (
        "FLUX.2 [klein] 9B", configuration(heads: 32, double: 8, single: 24, textSize: 12288), 233,
        9_078_581_248
      ),
      (
        "FLUX.2 [klein] 4B", configuration(heads: 24, double: 5, single: 20, textSize: 7680), 169,
        3_875_544_576
      ),
    ]

  private static func configuration(
    heads: Int, double: Int, single: Int, textSize: Int, hasGuidance: Bool = false
  ) -> Flux2Configuration {
    Flux2Configuration(
      headCount: heads, headSize: 128, doubleBlockCount: double, singleBlockCount: single,
      textSize: textSize, inputChannels: 128, outputChannels: 128,
      feedForwardSize: 3 * 128 * heads, rotaryAxes: [32, 32, 32, 32], rotaryBase: 2000,
      epsilon: 1e-6, timestepChannels: 256, hasGuidance: hasGuidance)
  }

  @Test func publishedModelsHaveTheirTensorsAndParameters() {
    for model in Self.published {
      let weights = model.configuration.component.weights
      #expect(weights.count == model.tensors, "\(model.title)")
      #expect(weights.reduce(0) { $0 + $1.shape.count } == model.weights, "\(model.title)")
      #expect(Set(weights.map(\.name)).count == model.tensors)
      #expect(model.configuration.component.variant?.title == model.title)
    }
  }

  @Test func anotherSizeIsNoPublishedModel() {
    for var configuration in Self.published.map(\.configuration) {
      configuration.singleBlockCount -= 1
      #expect(configuration.component.variant == nil)
    }
  }

  @Test func theTableGivesExactlyTheFixturesTensors() throws {
    let source = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    let table = try FixtureConfiguration.read().component.weights
    #expect(table.count == 113)
    let expected = Dictionary(uniqueKeysWithValues: source.weights.map { ($0.name, $0.shape) })
    let found = Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0.shape) })
    #expect(found == expected)
  }

  @Test func weightsComeInTheOrderOfExecution() throws {
    let table = try FixtureConfiguration.read().component.weights
    var blocks: [String] = []
    for weight in table where blocks.last != weight.block { blocks.append(weight.block) }
    #expect(try FixtureConfiguration.read().component.blocks == blocks)
    #expect(
      blocks == ["embedders"] + (0..<4).map { "transformer_blocks.\($0)" }
        + (0..<10).map { "single_transformer_blocks.\($0)" } + ["output"])
    func names(of block: String) -> [String] { table.filter { $0.block == block }.map(\.name) }
    #expect(
      names(of: "embedders") == [
        "x_embedder.weight", "context_embedder.weight",
        "time_guidance_embed.timestep_embedder.linear_1.weight",
        "time_guidance_embed.timestep_embedder.linear_2.weight",
        "double_stream_modulation_img.linear.weight",
        "double_stream_modulation_txt.linear.weight", "single_stream_modulation.linear.weight",
      ])
    #expect(
      names(of: "transformer_blocks.2")
        == [
          "attn.to_q", "attn.to_k", "attn.to_v", "attn.norm_q", "attn.norm_k", "attn.to_out.0",
          "ff.linear_in", "ff.linear_out", "attn.add_q_proj", "attn.add_k_proj",
          "attn.add_v_proj", "attn.norm_added_q", "attn.norm_added_k", "attn.to_add_out",
          "ff_context.linear_in", "ff_context.linear_out",
        ].map { "transformer_blocks.2.\($0).weight" })
    #expect(
      names(of: "single_transformer_blocks.9")
        == ["to_qkv_mlp_proj", "norm_q", "norm_k", "to_out"].map {
          "single_transformer_blocks.9.attn.\($0).weight"
        })
    #expect(names(of: "output") == ["norm_out.linear.weight", "proj_out.weight"])
  }

  @Test func guidanceAddsItsTwoEmbeddersBehindThoseOfTheTimestep() throws {
    var configuration = try FixtureConfiguration.read()
    let without = configuration.component.weights.map(\.name)
    configuration.hasGuidance = true
    let with = configuration.component.weights.map(\.name)
    #expect(
      Array(with[4..<6])
        == [1, 2].map { "time_guidance_embed.guidance_embedder.linear_\($0).weight" })
    #expect(Array(with[..<4] + with[6...]) == without)
  }

  @Test func everyOriginalTensorIsTakenWhole() {
    for model in Self.published {
      let byOriginal = Dictionary(
        grouping: model.configuration.component.weights, by: \.originalName)
      for (name, weights) in byOriginal {
        let isFused = name.hasSuffix("qkv.weight")
        #expect(weights.count == (isFused ? 3 : 1), "\(name)")
        let isSwapped = name.hasPrefix("final_layer.adaLN")
        #expect(weights.allSatisfy { $0.originalOrder == (isSwapped ? .swappedHalves : .same) })
      }
    }
  }
}
