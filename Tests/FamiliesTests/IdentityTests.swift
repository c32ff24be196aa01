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
      // Whatever a trainer puts before every name.
      (TinyFlux2.original(prefix: "net.").map(\.name), .original, "net."),
      (TinyFlux2.original(prefix: "module.0.model.").map(\.name), .original, "module.0.model."),
      (TinyFlux2.diffusers().map { "transformer.\($0.name)" }, .diffusers, "transformer."),
    ]
    for (names, layout, prefix) in expected {
      let identities = Identity.all(of: names)
      #expect(identities.count == 1)
      let identity = try #require(identities.first)
      #expect(identity.family == .flux2)
      #expect(identity.layout == layout)
      #expect(identity.prefix == prefix)
      #expect(identity.evidence.allSatisfy(names.contains))
      #expect(!identity.evidence.isEmpty)
      #expect(identity.names(among: names, beside: []) == names)
    }
  }

  @Test func aPrefixIsWholeComponents() {
    for prefix in ["my_", "net", "-"] {
      #expect(Identity.all(of: TinyFlux2.original(prefix: prefix).map(\.name)).isEmpty)
    }
  }

  /// Names that the files of each family have among many others.
  private static let others: [(family: Family, layout: Layout, prefix: String, names: [String])] = [
    (
      .flux1, .diffusers, "",
      [
        "x_embedder.weight", "time_text_embed.text_embedder.linear_1.weight",
        "transformer_blocks.0.norm1.linear.weight",
        "single_transformer_blocks.0.norm.linear.weight", "proj_out.weight",
      ]
    ),
    (
      .flux1, .original, "",
      [
        "img_in.weight", "vector_in.in_layer.weight", "double_blocks.0.img_mod.lin.weight",
        "single_blocks.0.modulation.lin.weight",
      ]
    ),
    (
      .flux1, .comfyUI, "model.diffusion_model.",
      [
        "model.diffusion_model.img_in.weight", "model.diffusion_model.vector_in.in_layer.weight",
        "model.diffusion_model.single_blocks.0.modulation.lin.weight",
      ]
    ),
    (
      .stableDiffusion3, .diffusers, "",
      [
        "pos_embed.proj.weight", "transformer_blocks.0.norm1_context.linear.weight",
        "context_embedder.weight", "time_text_embed.text_embedder.linear_1.weight",
      ]
    ),
    (
      .stableDiffusion3, .comfyUI, "model.diffusion_model.",
      [
        "model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.weight",
        "model.diffusion_model.x_embedder.proj.weight",
      ]
    ),
    (
      .stableDiffusion3, .original, "",
      ["joint_blocks.0.context_block.adaLN_modulation.1.weight", "x_embedder.proj.weight"]
    ),
    (
      .qwen3, .diffusers, "",
      [
        "model.embed_tokens.weight", "model.layers.0.self_attn.q_norm.weight",
        "model.layers.0.self_attn.q_proj.weight", "model.norm.weight",
      ]
    ),
    (
      .qwen3, .alternate, "",
      [
        "embed_tokens.weight", "layers.0.self_attn.q_norm.weight",
        "layers.0.self_attn.q_proj.weight",
      ]
    ),
    (
      .mistral3, .diffusers, "",
      [
        "language_model.model.embed_tokens.weight",
        "language_model.model.layers.0.self_attn.q_proj.weight", "vision_tower.ln_pre.weight",
      ]
    ),
    (
      .mistral3, .alternate, "",
      [
        "model.language_model.embed_tokens.weight",
        "model.language_model.layers.0.self_attn.q_proj.weight",
        "model.vision_tower.ln_pre.weight",
      ]
    ),
    (
      .mistral3, .comfyUI, "",
      ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "tekken_model"]
    ),
    (
      .t5, .diffusers, "text_encoders.t5xxl.transformer.",
      [
        "text_encoders.t5xxl.transformer.shared.weight",
        "text_encoders.t5xxl.transformer.encoder.block.0.layer.0.SelfAttention."
          + "relative_attention_bias.weight",
      ]
    ),
    (
      .clip, .diffusers, "",
      [
        "text_model.embeddings.token_embedding.weight",
        "text_model.encoder.layers.0.self_attn.q_proj.weight",
      ]
    ),
    (
      .clip, .alternate, "text_encoder.",
      [
        "text_encoder.embeddings.token_embedding.weight",
        "text_encoder.encoder.layers.0.self_attn.q_proj.weight",
      ]
    ),
    (
      .flux2Autoencoder, .diffusers, "",
      ["bn.running_mean", "bn.running_var", "decoder.mid_block.resnets.0.conv1.weight"]
    ),
    (
      .flux2Autoencoder, .original, "",
      ["bn.running_mean", "bn.running_var", "decoder.mid.block_1.conv1.weight"]
    ),
    (
      .autoencoder, .diffusers, "",
      ["encoder.conv_in.weight", "decoder.mid_block.resnets.0.conv1.weight"]
    ),
    (
      .autoencoder, .original, "first_stage_model.",
      [
        "first_stage_model.encoder.conv_in.weight",
        "first_stage_model.decoder.mid.block_1.conv1.weight",
      ]
    ),
  ]

  @Test(arguments: others.indices) func otherFamiliesAreRecognised(index: Int) throws {
    let (family, layout, prefix, names) = Self.others[index]
    for names in [names, names.reversed()] {
      let identities = Identity.all(of: names)
      #expect(identities.count == 1)
      let identity = try #require(identities.first)
      #expect(identity.family == family)
      #expect(identity.layout == layout)
      #expect(identity.prefix == prefix)
      #expect(identity.evidence.allSatisfy(names.contains))
    }
  }

  @Test func everyFamilyIsRecognisedByATest() {
    #expect(Set(Self.others.map(\.family) + [.flux2]) == Set(Family.all))
    #expect(Set(Family.all.map(\.id)).count == Family.all.count)
    for family in Family.all { #expect(Family.named(family.id) == family) }
    #expect(Family.named("FLUX.2 transformer") == nil)
  }

  @Test func eachPartOfTheFixtureIsRecognised() throws {
    for (part, family) in [
      ("transformer", Family.flux2), ("text_encoder", .qwen3), ("vae", .flux2Autoencoder),
    ] {
      let identity = try SafetensorsCheckpoint.open("\(Fixture.klein)/\(part)").identity()
      #expect(identity.family == family)
      #expect(identity.layout == .diffusers)
      #expect(identity.prefix == "")
    }
  }

  // MARK: Several components

  @Test func eachComponentOfAFileIsRecognisedUnderItsPrefix() throws {
    let prefixes = [
      "model.diffusion_model.": Family.flux1, "text_encoders.clip_l.transformer.": .clip,
      "text_encoders.t5xxl.transformer.": .t5, "first_stage_model.": .autoencoder,
    ]
    var names: [String] = []
    for (prefix, family) in prefixes {
      let layout: Layout = family.kind == .textEncoder ? .diffusers : .original
      let configuration = try #require(family.variants.last).configuration(of: family)
      names += configuration.weights.map { prefix + family.name(of: $0, in: layout) }
    }
    let identities = Identity.all(of: names)
    #expect(
      Dictionary(uniqueKeysWithValues: identities.map { ($0.prefix, $0.family) }) == prefixes)
    // Every name belongs to exactly one.
    let owned = identities.flatMap { identity in
      identity.names(among: names, beside: identities.filter { $0 != identity })
    }
    #expect(owned.sorted() == names.sorted())
  }

  @Test func aPrefixOfAnotherDoesNotTakeItsNames() throws {
    // A transformer without a prefix beside an encoder with one.
    let names = TinyFlux2.original().map(\.name) + ["text.embed_tokens.weight"]
    let flux = Identity(family: .flux2, layout: .original, prefix: "", evidence: [])
    let text = Identity(family: .qwen3, layout: .alternate, prefix: "text.", evidence: [])
    #expect(flux.names(among: names, beside: [text]) == TinyFlux2.original().map(\.name))
    #expect(text.names(among: names, beside: [flux]) == ["text.embed_tokens.weight"])
  }

  @Test func twoOfAFamilyAreTwoComponents() {
    let names = ["a.", "b."].flatMap { prefix in
      TinyFlux2.diffusers().map { prefix + $0.name }
    }
    let identities = Identity.all(of: names)
    #expect(identities.map(\.prefix) == ["a.", "b."])
    #expect(identities.allSatisfy { $0.family == .flux2 })
  }

  // MARK: Nothing known

  @Test func unknownNamesHaveNoIdentity() throws {
    let lora = try SafetensorsCheckpoint.open(
      "\(Fixture.klein)/lora-ink/pytorch_lora_weights.safetensors")
    for names in [
      [], ["weight"], lora.weights.map(\.name),
      // Of a decoder alone.
      ["decoder.mid_block.resnets.0.conv1.weight"],
      // Part of a signature.
      ["x_embedder.weight"], ["model.embed_tokens.weight"],
      // One name with the prefix, one without.
      ["model.diffusion_model.single_stream_modulation.lin.weight", "img_in.weight"],
    ] {
      #expect(Identity.all(of: names).isEmpty, "\(names.prefix(3))")
    }
  }

  @Test func theOrderOfNamesDoesNotMatter() {
    let names = TinyFlux2.original().map(\.name)
    #expect(Identity.all(of: names.reversed()) == Identity.all(of: names))
  }
}
