internal import StrictJSON

// Published with Stability-AI/sd3.5; the diffusers names are those of SD3Transformer2DModel.
extension Family {
  /// The transformer of Stable Diffusion 3 and 3.5. The last block reads the text stream, but does
  /// not go on with it; the first blocks of 3.5 medium have a second attention over the image.
  public static let stableDiffusion3 = Family(
    id: "sd3", title: "Stable Diffusion 3 transformer", kind: .transformer,
    className: "SD3Transformer2DModel", fileStem: "diffusion_pytorch_model",
    sizes: [
      "head_count", "head_size", "width", "block_count", "dual_block_count", "text_size",
      "pooled_text_size", "input_channels", "output_channels", "feed_forward_size",
      "timestep_channels", "position_count", "position_side", "has_query_norm",
    ],
    products: [
      ("width", ("head_count", "head_size")),
      ("position_count", ("position_side", "position_side")),
    ],
    defaultSizes: ["head_size": 64],
    settings: [Setting("sample_size") { _ in 128 }],
    keys: [
      .init("_class_name", .written("SD3Transformer2DModel")),
      .init("attention_head_dim", .size("head_size")),
      .init("caption_projection_dim", .size("width")),
      .init("dual_attention_layers", .indices("dual_block_count")),
      .init("in_channels", .size("input_channels")),
      .init("joint_attention_dim", .size("text_size")),
      .init("num_attention_heads", .size("head_count")),
      .init("num_layers", .size("block_count")),
      .init("out_channels", .size("output_channels")),
      .init("patch_size", .fixed(2)),
      .init("pooled_projection_dim", .size("pooled_text_size")),
      .init("pos_embed_max_size", .size("position_side")),
      .init("qk_norm", .choice("has_query_norm", "rms_norm", .null)),
      .init("sample_size", .setting("sample_size")),
    ],
    sections: [
      Section("embedders", embedders),
      Section("transformer_blocks.{i}", count: "block_count", block),
      Section("output", output),
    ],
    // Patches are embedded by a convolution, and a second stream has norms of its own.
    signature: ["pos_embed.proj.weight", "transformer_blocks.0.norm1_context.linear.weight"],
    comfyPrefix: "model.diffusion_model.",
    variants: [
      variant("Stable Diffusion 3 medium", width: 1536, blocks: 24, dual: 0, side: 192, norm: 0),
      variant("Stable Diffusion 3.5 medium", width: 1536, blocks: 24, dual: 13, side: 384, norm: 1),
      variant("Stable Diffusion 3.5 large", width: 2432, blocks: 38, dual: 0, side: 192, norm: 1),
    ],
    quantization: QuantizationAdvice(
      linears: [
        "transformer_blocks.*.attn*.to_*.weight", "transformer_blocks.*.attn*.add_*.weight",
        "transformer_blocks.*.ff*.weight",
      ],
      critical: [
        ("*.to_out.0.weight", "it writes to the residual stream, as in FLUX.2"),
        ("*.to_add_out.weight", "it writes to the residual stream, as in FLUX.2"),
      ],
      eightBits: [
        (
          "*.norm*.linear.weight",
          "shift, scale and gate multiply every activation of the block; a third of all weights"
        )
      ],
      kept: [
        ("pos_embed.*", "the latents enter here, its size is small"),
        ("context_embedder.*", "the prompt enters here: its error reaches every block"),
        ("time_text_embed.*", "it steers every modulation of a step, its size is small"),
        ("norm_out.*", "scales the last activations, right before the prediction"),
        ("proj_out.*", "writes the prediction: its error is the picture's error"),
      ]))

  private static func variant(
    _ title: String, width: Int, blocks: Int, dual: Int, side: Int, norm: Int
  ) -> Variant {
    Variant(
      title: title,
      sizes: [
        "head_count": width / 64, "head_size": 64, "width": width, "block_count": blocks,
        "dual_block_count": dual, "text_size": 4096, "pooled_text_size": 2048,
        "input_channels": 16, "output_channels": 16, "feed_forward_size": 4 * width,
        "timestep_channels": 256, "position_count": side * side, "position_side": side,
        "has_query_norm": norm,
      ])
  }

  private static let embedders =
    [WeightRow("pos_embed.pos_embed", original: "pos_embed", [1, "position_count", "width"])]
    + WeightRow.layer(
      "pos_embed.proj", original: "x_embedder.proj", "width", "input_channels", 2, 2)
    + WeightRow.layer("context_embedder", "width", "text_size")
    + embedder("timestep_embedder", original: "t_embedder", "timestep_channels")
    + embedder("text_embedder", original: "y_embedder", "pooled_text_size")

  private static func embedder(
    _ name: String, original: String, _ inputs: Extent
  ) -> [WeightRow] {
    WeightRow.layer(
      "time_text_embed.\(name).linear_1", original: "\(original).mlp.0", "width", inputs)
      + WeightRow.layer(
        "time_text_embed.\(name).linear_2", original: "\(original).mlp.2", "width", "width")
  }

  private static let block: [WeightRow] = {
    let block = "transformer_blocks.{i}"
    let image = "joint_blocks.{i}.x_block"
    let text = "joint_blocks.{i}.context_block"
    let last: Extent = "block_count" - 1
    return
      modulation("norm1", original: image, 9).when(.before("dual_block_count"))
      + modulation("norm1", original: image, 6).when(.from("dual_block_count"))
      + modulation("norm1_context", original: text, 6).when(.before(last))
      + modulation("norm1_context", original: text, 2, order: .swappedHalves).when(.from(last))
      + attention("attn", original: "\(image).attn", ["to_q", "to_k", "to_v"], "norm_")
      + WeightRow.layer("\(block).attn.to_out.0", original: "\(image).attn.proj", "width", "width")
      + attention(
        "attn", original: "\(text).attn", ["add_q_proj", "add_k_proj", "add_v_proj"],
        "norm_added_")
      + WeightRow.layer(
        "\(block).attn.to_add_out", original: "\(text).attn.proj", "width", "width"
      ).when(.before(last))
      + (attention("attn2", original: "\(image).attn2", ["to_q", "to_k", "to_v"], "norm_")
      + WeightRow.layer(
        "\(block).attn2.to_out.0", original: "\(image).attn2.proj", "width", "width"))
      .when(.before("dual_block_count"))
      + feedForward("ff", original: image)
      + feedForward("ff_context", original: text).when(.before(last))
  }()

  private static func modulation(
    _ name: String, original: String, _ parts: Int, order: RowOrder = .same
  ) -> [WeightRow] {
    WeightRow.layer(
      "transformer_blocks.{i}.\(name).linear", original: "\(original).adaLN_modulation.1",
      parts * "width", "width", order: order)
  }

  private static func attention(
    _ name: String, original: String, _ parts: [String], _ norm: String
  ) -> [WeightRow] {
    let attention = "transformer_blocks.{i}.\(name)"
    return WeightRow.joined(
      parts.map { ("\(attention).\($0)", "width") }, original: "\(original).qkv", "width")
      + ["q", "k"].map {
        WeightRow(
          "\(attention).\(norm)\($0).weight", original: "\(original).ln_\($0).weight",
          ["head_size"], when: .flag("has_query_norm"))
      }
  }

  private static func feedForward(_ name: String, original: String) -> [WeightRow] {
    WeightRow.layer(
      "transformer_blocks.{i}.\(name).net.0.proj", original: "\(original).mlp.fc1",
      "feed_forward_size", "width")
      + WeightRow.layer(
        "transformer_blocks.{i}.\(name).net.2", original: "\(original).mlp.fc2", "width",
        "feed_forward_size")
  }

  private static let output =
    WeightRow.layer(
      "norm_out.linear", original: "final_layer.adaLN_modulation.1", 2 * "width", "width",
      order: .swappedHalves)
    + WeightRow.layer("proj_out", original: "final_layer.linear", 4 * "output_channels", "width")
}
