/// The architectures that a checkpoint's names tell apart.
public enum Family: String, CaseIterable, Hashable, Sendable {
  case flux2 = "FLUX.2 transformer"
  case flux1 = "FLUX.1 transformer"
  case stableDiffusion3 = "Stable Diffusion 3 transformer"
  case qwen3 = "Qwen3 text encoder"
  case mistral3 = "Mistral 3 text encoder"
  case autoencoder = "FLUX.2 autoencoder"

  /// Whether the suite quantizes and runs it; others are only recognised.
  public var isSupported: Bool { self == .flux2 }
}

/// Whose names a checkpoint uses.
public enum Layout: String, Hashable, Sendable {
  /// The names of diffusers or transformers.
  case diffusers
  /// The names of the first publication.
  case original
  /// The names of the first publication under `model.diffusion_model.`, as ComfyUI saves them.
  case comfyUI = "ComfyUI"
}

/// What a checkpoint is, and the names that say so.
public struct Identity: Hashable, Sendable {
  public let family: Family
  public let layout: Layout
  /// What stands before every name.
  public let prefix: String
  /// The names that decided.
  public let evidence: [String]

  public init(family: Family, layout: Layout, prefix: String, evidence: [String]) {
    self.family = family
    self.layout = layout
    self.prefix = prefix
    self.evidence = evidence
  }

  /// Recognises a checkpoint by its tensor names, nil when nothing fits.
  ///
  /// A signature fits when all its names are there under one of the known prefixes; signatures are
  /// tried from the most to the least specific.
  public static func of(_ names: some Collection<String>) -> Identity? {
    let present = Set(names)
    for signature in Signature.all {
      for prefix in ["", Signature.comfyPrefix] {
        let keys = signature.names.map { prefix + $0 }
        guard keys.allSatisfy(present.contains) else { continue }
        let isPrefixed = !prefix.isEmpty && signature.layout == .original
        return Identity(
          family: signature.family, layout: isPrefixed ? .comfyUI : signature.layout,
          prefix: prefix, evidence: keys)
      }
    }
    return nil
  }
}

/// Names that together occur in one family and layout only.
private struct Signature: Sendable {
  let family: Family
  let layout: Layout
  let names: [String]

  static let comfyPrefix = "model.diffusion_model."

  static let all = [
    // FLUX.2 shares its modulation among all blocks; no other family has these names.
    Signature(
      family: .flux2, layout: .diffusers,
      names: ["single_stream_modulation.linear.weight", "x_embedder.weight"]),
    Signature(
      family: .flux2, layout: .original,
      names: ["single_stream_modulation.lin.weight", "img_in.weight"]),
    // FLUX.1 takes a pooled text vector and has one modulation for each block.
    Signature(
      family: .flux1, layout: .diffusers,
      names: [
        "single_transformer_blocks.0.norm.linear.weight",
        "time_text_embed.text_embedder.linear_1.weight",
      ]),
    Signature(
      family: .flux1, layout: .original,
      names: ["vector_in.in_layer.weight", "double_blocks.0.img_mod.lin.weight"]),
    Signature(
      family: .stableDiffusion3, layout: .diffusers,
      names: ["pos_embed.proj.weight", "transformer_blocks.0.norm1_context.linear.weight"]),
    Signature(
      family: .stableDiffusion3, layout: .original,
      names: ["joint_blocks.0.x_block.attn.qkv.weight"]),
    // The norms of queries and keys tell Qwen3 from other decoders.
    Signature(
      family: .qwen3, layout: .diffusers,
      names: ["model.embed_tokens.weight", "model.layers.0.self_attn.q_norm.weight"]),
    Signature(
      family: .mistral3, layout: .diffusers,
      names: ["model.language_model.layers.0.self_attn.q_proj.weight"]),
    Signature(
      family: .mistral3, layout: .diffusers,
      names: ["language_model.model.layers.0.self_attn.q_proj.weight"]),
    // FLUX.2 normalises its latents by batch statistics.
    Signature(
      family: .autoencoder, layout: .diffusers,
      names: ["bn.running_mean", "decoder.mid_block.resnets.0.conv1.weight"]),
    Signature(
      family: .autoencoder, layout: .original,
      names: ["bn.running_mean", "decoder.mid.block_1.conv1.weight"]),
  ]
}
