import Families
import StrictJSON
import Tensors
import TestSupport
import Testing

/// Sizes read off names and shapes.
@Suite struct SolveSizesTests {
  /// Random sizes that a network of the family can have.
  private func sizes(
    of family: Family, using generator: inout SeededGenerator
  ) -> [String: JSONValue] {
    func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    func flag() -> Bool { .random(using: &generator) }
    var sizes: [String: Int] = [:]
    var flags: [String: Bool] = [:]
    var settings: [String: JSONValue] = [:]
    // Where no norm of queries tells the size of a head it is the one that all models have.
    let headCount = number(1...5)
    switch family {
    case .flux2, .flux1:
      let headSize = 8 * number(1...9)
      sizes = [
        "head_count": headCount, "head_size": headSize, "width": headCount * headSize,
        "double_block_count": number(family == .flux2 ? 0...3 : 1...3),
        "single_block_count": number(1...3), "text_size": number(1...99),
        "input_channels": number(1...99), "output_channels": number(1...99),
        "feed_forward_size": number(1...99), "timestep_channels": 2 * number(1...99),
      ]
      if family == .flux1 {
        sizes["pooled_text_size"] = number(1...99)
      } else {
        settings["rotary_axes"] = .array(Array(repeating: JSONValue(headSize / 4), count: 4))
      }
      flags = ["has_guidance": flag()]
    case .stableDiffusion3:
      let hasNorm = flag()
      let headSize = hasNorm ? number(1...99) : 64
      let blockCount = number(1...5)
      let side = number(1...20)
      sizes = [
        "head_count": headCount, "head_size": headSize, "width": headCount * headSize,
        "block_count": blockCount, "dual_block_count": number(0...blockCount),
        "text_size": number(1...99), "pooled_text_size": number(1...99),
        "input_channels": number(1...99), "output_channels": number(1...99),
        "feed_forward_size": number(1...99), "timestep_channels": number(1...99),
        "position_count": side * side, "position_side": side,
      ]
      flags = ["has_query_norm": hasNorm]
    case .qwen3, .mistral3:
      let headSize = family == .qwen3 ? number(1...99) : 128
      let keyCount = number(1...4)
      sizes = [
        "head_count": headCount, "head_size": headSize, "key_value_head_count": keyCount,
        "query_size": headCount * headSize, "key_value_size": keyCount * headSize,
        "width": number(1...99), "layer_count": number(1...4),
        "feed_forward_size": number(1...99), "vocabulary_size": number(1...999),
      ]
      flags = ["has_final_norm": flag(), "has_output_head": flag()]
      guard family == .mistral3 else { break }
      let hasVision = flag()
      flags["has_vision"] = hasVision
      guard hasVision else { break }
      for name in ["vision_width", "vision_feed_forward_size", "vision_patch_size"] {
        sizes[name] = number(1...99)
      }
      sizes["vision_channels"] = number(1...4)
      sizes["vision_layer_count"] = number(1...3)
    case .t5:
      let headSize = number(1...99)
      sizes = [
        "head_count": headCount, "head_size": headSize, "attention_size": headCount * headSize,
        "width": number(1...99), "layer_count": number(1...4),
        "feed_forward_size": number(1...99), "vocabulary_size": number(1...999),
        "position_bucket_count": number(1...99),
      ]
    case .clip:
      let hasProjection = flag()
      sizes = [
        "head_count": headCount, "head_size": 64, "width": headCount * 64,
        "layer_count": number(1...4), "feed_forward_size": number(1...99),
        "vocabulary_size": number(1...999), "position_count": number(1...99),
        "projection_size": hasProjection ? number(1...99) : 768,
      ]
      flags = ["has_projection": hasProjection]
    default:
      for level in 0..<4 {
        sizes["encoder_channels_\(level)"] = number(1...4)
        sizes["decoder_channels_\(level)"] = number(1...4)
      }
      for name in ["layers_per_block", "latent_channels", "input_channels", "output_channels"] {
        sizes[name] = number(1...4)
      }
      flags = ["has_quant_conv": flag(), "has_post_quant_conv": flag()]
    }
    return sizes.mapValues { JSONValue($0) }.merging(flags.mapValues { .bool($0) }) { $1 }
      .merging(settings) { $1 }
  }

  @Test(arguments: Family.all.map(\.id))
  func anySizesAreReadBackInEveryLayout(family id: String) throws {
    let family = try #require(Family.named(id))
    for seed in 1...UInt64(20) {
      var generator = SeededGenerator(seed: seed)
      let expected = try SmallNetworks.configuration(
        family, sizes(of: family, using: &generator))
      for layout in Layout.written {
        let tensors = expected.tensors(in: layout)
        let source = WeightsInMemory(
          shapes: Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) }))
        let found = try source.component()
        #expect(found.identity.family == family, "seed \(seed)")
        #expect(found.configuration.sizes == expected.sizes, "seed \(seed), \(layout)")
        #expect(found.weights.map(\.shape) == expected.weights.map(\.shape))
      }
    }
  }

  /// Of a network without double blocks: 3 D + 2 M and D + M alone tell M.
  @Test func aSumTellsTheOneSizeThatIsNotKnown() throws {
    let configuration = try SmallNetworks.configuration(
      .flux2,
      [
        "head_count": 2, "head_size": 8, "width": 16, "double_block_count": 0,
        "single_block_count": 1, "feed_forward_size": 77, "rotary_axes": [2, 2, 2, 2],
      ])
    let source = WeightsInMemory(SmallNetworks.tensors(configuration, in: .original))
    #expect(source.weight(named: "single_blocks.0.linear2.weight")?.shape == Shape([16, 93]))
    #expect(try source.component().configuration.size("feed_forward_size") == 77)
  }

  // MARK: Shapes that tell nothing

  /// The tiny network with one tensor of another shape and no values.
  private func source(_ name: String, _ extents: [Int]) -> WeightsInMemory {
    var shapes: [String: Shape] = [:]
    for tensor in TinyFlux2.original() { shapes[tensor.name] = Shape(tensor.extents) }
    shapes[name] = Shape(extents)
    return WeightsInMemory(shapes: shapes, origin: "tiny.safetensors")
  }

  @Test(arguments: [
    // Longer than any axis; of so many axes; a sum that the known part exceeds; not a multiple.
    ("img_in.weight", [1 << 40, 8], [16, 8]), ("time_in.out_layer.weight", [256], [16, 16]),
    ("double_blocks.0.img_mlp.0.weight", [97, 16], [96, 16]),
    ("single_blocks.0.linear1.weight", [5, 16], [144, 16]),
    ("single_blocks.1.linear2.weight", [16, 3], [16, 64]),
    ("double_stream_modulation_img.lin.weight", [1 << 56, 16], [96, 16]),
  ])
  func aShapeThatCannotBeIsNamed(name: String, extents: [Int], expected: [Int]) {
    #expect(
      throws: FamilyFailure.wrongShape(
        origin: "tiny.safetensors", name: name, expected: Shape(expected), found: Shape(extents))
    ) { try source(name, extents).component() }
  }

  @Test func aShapeThatTellsNothingIsNamed() {
    for extents in [[128], [16, 8, 1], [16, 1 << 40]] {
      #expect(
        message { _ = try source("img_in.weight", extents).component() }
          == "tiny.safetensors: tensor \"img_in.weight\": expected a shape of 2 axes that tells "
          + "input_channels, found \(Shape(extents))")
    }
  }

  @Test func anAxisOfNoValuesIsNoNetwork() {
    let found = message { _ = try source("txt_in.weight", [16, 0]).component() }
    #expect(
      found == "tiny.safetensors: expected an axis of 1 to 16777216 values for "
        + "context_embedder.weight, found 0")
  }

  @Test func aSizeThatOverflowsIsRefused() {
    // Every axis is allowed, the products of the head sizes are not.
    let document = TinyFlux2.configuration(
      replacing: ["num_attention_heads": "16777216", "attention_head_dim": "16777216"])
    let found = message { _ = try FixtureConfiguration.parse(document) }
    #expect(found.hasPrefix("config.json: "), "\(found)")
  }

  // MARK: Conditions

  private func names(_ configuration: Configuration) -> [String] {
    configuration.weights.map(\.name)
  }

  @Test func aShortcutIsThereWhereChannelsDiffer() throws {
    let shortcuts = names(try SmallNetworks.autoencoder()).filter {
      $0.hasSuffix("conv_shortcut.weight")
    }
    // Channels 2, 2, 4, 4 down and 4, 4, 2, 2 up.
    #expect(
      shortcuts == [
        "encoder.down_blocks.2.resnets.0.conv_shortcut.weight",
        "decoder.up_blocks.2.resnets.0.conv_shortcut.weight",
      ])
  }

  @Test func theFirstAndTheLastBlocksHaveWeightsOfTheirOwn() throws {
    let configuration = try SmallNetworks.stableDiffusion3()
    let weights = names(configuration)
    func blocks(with row: String) -> [Int] {
      (0..<3).filter { weights.contains("transformer_blocks.\($0).\(row)") }
    }
    #expect(blocks(with: "attn2.to_q.weight") == [0, 1])
    #expect(blocks(with: "attn2.norm_q.weight") == [0, 1])
    #expect(blocks(with: "attn.norm_q.weight") == [0, 1, 2])
    #expect(blocks(with: "ff.net.2.bias") == [0, 1, 2])
    #expect(blocks(with: "ff_context.net.2.bias") == [0, 1])
    #expect(blocks(with: "attn.to_add_out.weight") == [0, 1])
    func rows(_ name: String) -> [Int?] {
      (0..<3).map { block in
        configuration.weights.first { $0.name == "transformer_blocks.\(block).\(name)" }?.shape.rows
      }
    }
    #expect(rows("norm1.linear.weight") == [9 * 64, 9 * 64, 6 * 64])
    #expect(rows("norm1_context.linear.weight") == [6 * 64, 6 * 64, 2 * 64])
    let plain = names(
      try SmallNetworks.configuration(
        .stableDiffusion3, ["has_query_norm": false, "dual_block_count": 0]))
    #expect(!plain.contains { $0.contains("attn.norm_") || $0.contains("attn2") })
  }
}
