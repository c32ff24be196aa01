import Families
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct IdentityTests {
  @Test func flux2IsRecognisedInEveryLayout() throws {
    let expected: [(names: [String], layout: Layout, prefix: String)] = [
      (TinyFlux2.diffusers().map(\.name), .diffusers, ""),
      (TinyFlux2.original().map(\.name), .original, ""),
      (
        TinyFlux2.original(prefix: "model.diffusion_model.").map(\.name), .comfyUI,
        "model.diffusion_model."
      ),
      (TinyFlux2.original(norm: "weight", hasGuidance: false).map(\.name), .original, ""),
    ]
    for (names, layout, prefix) in expected {
      let identity = try #require(Identity.of(names))
      #expect(identity.family == .flux2)
      #expect(identity.layout == layout)
      #expect(identity.prefix == prefix)
      #expect(identity.evidence.allSatisfy(names.contains))
      #expect(!identity.evidence.isEmpty)
    }
  }

  /// Names that the files of each family have among many others.
  private static let others: [(family: Family, layout: Layout, names: [String])] = [
    (
      .flux1, .diffusers,
      [
        "x_embedder.weight", "time_text_embed.text_embedder.linear_1.weight",
        "transformer_blocks.0.norm1.linear.weight",
        "single_transformer_blocks.0.norm.linear.weight", "proj_out.weight",
      ]
    ),
    (
      .flux1, .original,
      [
        "img_in.weight", "vector_in.in_layer.weight", "double_blocks.0.img_mod.lin.weight",
        "single_blocks.0.modulation.lin.weight",
      ]
    ),
    (
      .flux1, .comfyUI,
      [
        "model.diffusion_model.img_in.weight", "model.diffusion_model.vector_in.in_layer.weight",
        "model.diffusion_model.double_blocks.0.img_mod.lin.weight",
        "first_stage_model.decoder.conv_in.weight",
      ]
    ),
    (
      .stableDiffusion3, .diffusers,
      [
        "pos_embed.proj.weight", "transformer_blocks.0.norm1_context.linear.weight",
        "context_embedder.weight", "time_text_embed.text_embedder.linear_1.weight",
      ]
    ),
    (
      .stableDiffusion3, .comfyUI,
      [
        "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight",
        "model.diffusion_model.x_embedder.proj.weight",
      ]
    ),
    (.stableDiffusion3, .original, ["joint_blocks.0.x_block.attn.qkv.weight"]),
    (
      .qwen3, .diffusers,
      [
        "model.embed_tokens.weight", "model.layers.0.self_attn.q_norm.weight",
        "model.layers.0.self_attn.q_proj.weight", "model.norm.weight",
      ]
    ),
    (
      .mistral3, .diffusers,
      [
        "model.language_model.layers.0.self_attn.q_proj.weight",
        "model.vision_tower.ln_pre.weight",
      ]
    ),
    (
      .mistral3, .diffusers,
      [
        "language_model.model.layers.0.self_attn.q_proj.weight",
        "vision_tower.ln_pre.weight",
      ]
    ),
    (
      .autoencoder, .diffusers,
      ["bn.running_mean", "bn.running_var", "decoder.mid_block.resnets.0.conv1.weight"]
    ),
    (
      .autoencoder, .original,
      ["bn.running_mean", "bn.running_var", "decoder.mid.block_1.conv1.weight"]
    ),
  ]

  @Test func otherFamiliesAreRecognised() throws {
    for (family, layout, names) in Self.others {
      let identity = try #require(Identity.of(names), "\(family) \(layout)")
      #expect(identity.family == family)
      #expect(identity.layout == layout)
      #expect(identity.family.isSupported == false)
      #expect(identity.evidence.allSatisfy(names.contains))
    }
  }

  @Test func everyFamilyIsRecognisedByATest() {
    #expect(Set(Self.others.map(\.family) + [.flux2]) == Set(Family.allCases))
    #expect(Family.flux2.isSupported)
  }

  @Test func eachPartOfTheFixtureIsRecognised() throws {
    for (part, family) in [
      ("transformer", Family.flux2), ("text_encoder", .qwen3), ("vae", .autoencoder),
    ] {
      let source = try SafetensorsCheckpoint.open("\(Fixture.klein)/\(part)")
      let identity = try #require(Identity.of(source.weights.map(\.name)), "\(part)")
      #expect(identity.family == family)
      #expect(identity.layout == .diffusers)
    }
  }

  @Test func unknownNamesHaveNoIdentity() throws {
    let lora = try SafetensorsCheckpoint.open(
      "\(Fixture.klein)/lora-ink/pytorch_lora_weights.safetensors")
    for names in [
      [], ["weight"], lora.weights.map(\.name),
      // Of a decoder without norms of queries and keys.
      ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight"],
      // Of the autoencoder of FLUX.1.
      ["decoder.mid_block.resnets.0.conv1.weight"],
      // Part of a signature, or under another prefix.
      ["x_embedder.weight"],
      TinyFlux2.original(prefix: "net.").map(\.name),
      // One name with the prefix, one without.
      ["model.diffusion_model.single_stream_modulation.lin.weight", "img_in.weight"],
    ] {
      #expect(Identity.of(names) == nil, "\(names.prefix(3))")
    }
  }

  @Test func theOrderOfNamesDoesNotMatter() {
    let names = TinyFlux2.original().map(\.name)
    #expect(Identity.of(names.reversed()) == Identity.of(names))
  }
}
