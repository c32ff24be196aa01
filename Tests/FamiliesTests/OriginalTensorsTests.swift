import Families
import Tensors
import TestSupport
import Testing

/// Values of tensors that layouts split, join, reorder or give more axes.
@Suite struct OriginalTensorsTests {
  private func read(
    _ configuration: Configuration, _ layout: Layout
  ) throws -> (source: WeightsInMemory, weights: CanonicalWeights) {
    let source = WeightsInMemory(SmallNetworks.tensors(configuration, in: layout))
    return (source, try source.component())
  }

  /// D = 8, M = 10: vectors are cut by elements.
  @Test func fusedBiasesAreSplit() throws {
    let (source, weights) = try read(try SmallNetworks.flux1(), .original)
    let fused: [(original: String, parts: [(name: String, elements: Range<Int>)])] = [
      (
        "double_blocks.0.img_attn.qkv.bias",
        [("attn.to_q", 0..<8), ("attn.to_k", 8..<16), ("attn.to_v", 16..<24)].map {
          ("transformer_blocks.0.\($0).bias", $1)
        }
      ),
      (
        "double_blocks.0.txt_attn.qkv.bias",
        [("attn.add_q_proj", 0..<8), ("attn.add_k_proj", 8..<16), ("attn.add_v_proj", 16..<24)]
          .map { ("transformer_blocks.0.\($0).bias", $1) }
      ),
      (
        "single_blocks.0.linear1.bias",
        [
          ("attn.to_q", 0..<8), ("attn.to_k", 8..<16), ("attn.to_v", 16..<24),
          ("proj_mlp", 24..<34),
        ].map { ("single_transformer_blocks.0.\($0).bias", $1) }
      ),
    ]
    for (original, parts) in fused {
      let values = try source.values(of: original)
      #expect(values.count == parts.last?.elements.upperBound)
      for (name, elements) in parts {
        #expect(weights.weight(named: name)?.shape == Shape([elements.count]))
        #expect(weights.weight(named: name)?.storedByteCount == 4 * elements.count)
        let found = try weights.values(of: name)
        #expect(found == Array(values[elements]), "\(name)")
        #expect(try weights.values(of: name, rows: 0..<0) == [])
        #expect(try weights.values(of: name, slices: 1..<3) == Array(found[1..<3]))
      }
    }
  }

  @Test func theHalvesOfAVectorAreSwapped() throws {
    let (source, weights) = try read(try SmallNetworks.flux1(), .original)
    let values = try source.values(of: "final_layer.adaLN_modulation.1.bias")
    #expect(
      try weights.values(of: "norm_out.linear.bias") == Array(values[8..<16] + values[0..<8]))
  }

  /// Swapped in the last block, whose text stream is only read.
  @Test func onlyTheLastTextModulationIsSwapped() throws {
    let (source, weights) = try read(try SmallNetworks.stableDiffusion3(), .original)
    func pair(_ block: Int) throws -> (original: [Float], canonical: [Float]) {
      (
        try source.values(of: "joint_blocks.\(block).context_block.adaLN_modulation.1.bias"),
        try weights.values(of: "transformer_blocks.\(block).norm1_context.linear.bias")
      )
    }
    #expect(try pair(1).original == pair(1).canonical)
    let last = try pair(2)
    #expect(last.original.count == 128)
    #expect(last.canonical == Array(last.original[64...] + last.original[..<64]))
  }

  /// `[1, 9, 64]` has nine rows, not one.
  @Test func aLeadingAxisOfOneIsNotTheRows() throws {
    let (source, weights) = try read(try SmallNetworks.stableDiffusion3(), .original)
    let weight = try #require(weights.weight(named: "pos_embed.pos_embed"))
    #expect(weight.shape.extents == [1, 9, 64])
    #expect(weight.shape.rows == 9)
    #expect(weight.shape.columns == 64)
    let values = try source.values(of: "pos_embed")
    for rows in [0..<9, 2..<5, 8..<9] {
      #expect(
        try weights.values(of: "pos_embed.pos_embed", rows: rows)
          == Array(values[rows.lowerBound * 64..<rows.upperBound * 64]))
    }
  }

  /// A convolution of one pixel is a linear layer.
  @Test func convolutionsOfOnePixelBecomeLinearLayers() throws {
    let configuration = try SmallNetworks.autoencoder()
    let (source, weights) = try read(configuration, .original)
    for (name, original) in [
      ("encoder.mid_block.attentions.0.to_q", "encoder.mid.attn_1.q"),
      ("decoder.mid_block.attentions.0.to_out.0", "decoder.mid.attn_1.proj_out"),
    ] {
      #expect(source.weight(named: "\(original).weight")?.shape.extents == [4, 4, 1, 1])
      #expect(weights.weight(named: "\(name).weight")?.shape.extents == [4, 4])
      let values = try source.values(of: "\(original).weight")
      #expect(try weights.values(of: "\(name).weight") == values)
      #expect(try weights.values(of: "\(name).weight", rows: 1..<3) == Array(values[4..<12]))
      #expect(
        try weights.values(of: "\(name).bias") == source.values(of: "\(original).bias"))
    }
    // Other convolutions keep their axes, and the original counts levels backwards.
    #expect(
      try weights.values(of: "decoder.up_blocks.0.resnets.1.conv1.weight")
        == source.values(of: "decoder.up.3.block.1.conv1.weight"))
    #expect(
      weights.weight(named: "quant_conv.weight")?.shape.extents == [6, 6, 1, 1])
  }

  // MARK: Tensors that are no weights

  @Test func whatIsNoWeightIsDroppedWithAReason() throws {
    let cases: [(family: Family, extra: [(name: String, extents: [Int])])] = [
      (.t5, [("encoder.embed_tokens.weight", [32128, 4096]), ("spiece_model", [10])]),
      (.clip, [("text_model.embeddings.position_ids", [1, 77]), ("logit_scale", [])]),
      (.qwen3, [("tokenizer_json", [10])]), (.mistral3, [("tekken_model", [10])]),
    ]
    for (family, extra) in cases {
      let variant = try #require(family.variants.first)
      var shapes: [String: Shape] = [:]
      for weight in variant.configuration(of: family).weights { shapes[weight.name] = weight.shape }
      let count = shapes.count
      for (name, extents) in extra { shapes[name] = Shape(extents) }
      let found = try WeightsInMemory(shapes: shapes).component()
      #expect(found.configuration.variant == variant)
      #expect(found.weights.count == count)
      #expect(found.sourceWeights.count == count)
      #expect(Set(found.dropped.map(\.weight.name)) == Set(extra.map(\.name)))
      #expect(found.dropped.allSatisfy { !$0.reason.isEmpty })
    }
  }

  @Test func whatNothingIsKnownOfIsNotDropped() throws {
    let variant = try #require(Family.t5.variants.first)
    var shapes: [String: Shape] = [:]
    for weight in variant.configuration(of: .t5).weights { shapes[weight.name] = weight.shape }
    shapes["decoder.embed_tokens.weight"] = Shape([32128, 4096])
    #expect(
      throws: FamilyFailure.unexpected(
        origin: "t5.safetensors", names: ["decoder.embed_tokens.weight"])
    ) { try WeightsInMemory(shapes: shapes, origin: "t5.safetensors").component() }
  }
}
