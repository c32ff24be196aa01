internal import StrictJSON

// Published with black-forest-labs/flux; the diffusers names are those of FluxTransformer2DModel.
extension Family {
  /// The FLUX.1 transformer: a modulation for each block, a pooled text vector, biases everywhere.
  public static let flux1 = Family(
    id: "flux1", title: "FLUX.1 transformer", kind: .transformer,
    className: "FluxTransformer2DModel", fileStem: "diffusion_pytorch_model",
    sizes: [
      "head_count", "head_size", "width", "double_block_count", "single_block_count", "text_size",
      "pooled_text_size", "input_channels", "output_channels", "feed_forward_size",
      "timestep_channels", "has_guidance",
    ],
    products: [("width", ("head_count", "head_size"))],
    settings: [Setting("rotary_axes") { _ in [16, 56, 56] }],
    keys: [
      .init("_class_name", .written("FluxTransformer2DModel")),
      .init("attention_head_dim", .size("head_size")),
      .init("axes_dims_rope", .setting("rotary_axes")),
      .init("guidance_embeds", .flag("has_guidance")),
      .init("in_channels", .size("input_channels")),
      .init("joint_attention_dim", .size("text_size")),
      .init("num_attention_heads", .size("head_count")),
      .init("num_layers", .size("double_block_count")),
      .init("num_single_layers", .size("single_block_count")),
      .init("out_channels", .sizeUnlessEqual("output_channels", to: "input_channels")),
      .init("patch_size", .fixed(1)),
      .init("pooled_projection_dim", .size("pooled_text_size")),
    ],
    sections: [
      Section("embedders", embedders),
      Section("transformer_blocks.{i}", count: "double_block_count", doubleBlock),
      Section("single_transformer_blocks.{i}", count: "single_block_count", singleBlock),
      Section("output", output),
    ],
    // It takes a pooled text vector, and its single blocks have a modulation of their own.
    signature: [
      "single_transformer_blocks.0.norm.linear.weight",
      "time_text_embed.text_embedder.linear_1.weight",
    ],
    comfyPrefix: "model.diffusion_model.",
    variants: [
      Variant(title: "FLUX.1 [dev] 12B", sizes: published(guidance: 1)),
      Variant(title: "FLUX.1 [schnell] 12B", sizes: published(guidance: 0)),
    ],
    quantization: QuantizationAdvice(
      linears: ["*transformer_blocks.*.weight"],
      critical: [
        ("*.attn.to_*out*.weight", "it writes to the residual stream, as in FLUX.2"),
        (
          "single_transformer_blocks.*.proj_out.weight",
          "it writes to the residual stream, as in FLUX.2"
        ),
      ],
      eightBits: [
        (
          "*.norm*.linear.weight",
          "shift, scale and gate multiply every activation of the block; a quarter of all weights"
        )
      ],
      kept: [
        ("x_embedder.*", "the latents enter here, its size is small"),
        ("context_embedder.*", "the prompt enters here: its error reaches every block"),
        ("time_text_embed.*", "it steers every modulation of a step, its size is small"),
        ("*.norm_*", "the scales of query and key norms are vectors of one head"),
        ("norm_out.*", "scales the last activations, right before the prediction"),
        ("proj_out.*", "writes the prediction: its error is the picture's error"),
      ]))

  private static func published(guidance: Int) -> [String: Int] {
    [
      "head_count": 24, "head_size": 128, "width": 3072, "double_block_count": 19,
      "single_block_count": 38, "text_size": 4096, "pooled_text_size": 768,
      "input_channels": 64, "output_channels": 64, "feed_forward_size": 12288,
      "timestep_channels": 256, "has_guidance": guidance,
    ]
  }

  private static let embedders =
    WeightRow.layer("x_embedder", original: "img_in", "width", "input_channels")
    + WeightRow.layer("context_embedder", original: "txt_in", "width", "text_size")
    + embedder("timestep_embedder", original: "time_in", "timestep_channels")
    + embedder("guidance_embedder", original: "guidance_in", "timestep_channels")
    .when(.flag("has_guidance"))
    + embedder("text_embedder", original: "vector_in", "pooled_text_size")

  private static func embedder(
    _ name: String, original: String, _ inputs: Extent
  ) -> [WeightRow] {
    WeightRow.layer(
      "time_text_embed.\(name).linear_1", original: "\(original).in_layer", "width", inputs)
      + WeightRow.layer(
        "time_text_embed.\(name).linear_2", original: "\(original).out_layer", "width", "width")
  }

  private static let doubleBlock =
    stream(
      original: "img", norm: "norm1", parts: ["to_q", "to_k", "to_v"],
      norms: ["norm_q", "norm_k"], projection: "to_out.0", feedForward: "ff")
    + stream(
      original: "txt", norm: "norm1_context",
      parts: ["add_q_proj", "add_k_proj", "add_v_proj"],
      norms: ["norm_added_q", "norm_added_k"], projection: "to_add_out",
      feedForward: "ff_context")

  /// One of the two streams of a double block.
  private static func stream(
    original: String, norm: String, parts: [String], norms: [String], projection: String,
    feedForward: String
  ) -> [WeightRow] {
    let block = "transformer_blocks.{i}"
    let from = "double_blocks.{i}.\(original)"
    return WeightRow.layer(
      "\(block).\(norm).linear", original: "\(from)_mod.lin", 6 * "width", "width")
      + WeightRow.joined(
        parts.map { ("\(block).attn.\($0)", "width") }, original: "\(from)_attn.qkv", "width")
      + zip(norms, ["query", "key"]).map {
        WeightRow(
          "\(block).attn.\($0).weight", original: "\(from)_attn.norm.\($1)_norm.scale",
          ["head_size"])
      }
      + WeightRow.layer(
        "\(block).attn.\(projection)", original: "\(from)_attn.proj", "width", "width")
      + WeightRow.layer(
        "\(block).\(feedForward).net.0.proj", original: "\(from)_mlp.0", "feed_forward_size",
        "width")
      + WeightRow.layer(
        "\(block).\(feedForward).net.2", original: "\(from)_mlp.2", "width", "feed_forward_size")
  }

  private static let singleBlock: [WeightRow] = {
    let block = "single_transformer_blocks.{i}"
    let from = "single_blocks.{i}"
    return WeightRow.layer(
      "\(block).norm.linear", original: "\(from).modulation.lin", 3 * "width", "width")
      + WeightRow.joined(
        [
          ("\(block).attn.to_q", "width"), ("\(block).attn.to_k", "width"),
          ("\(block).attn.to_v", "width"), ("\(block).proj_mlp", "feed_forward_size"),
        ], original: "\(from).linear1", "width")
      + zip(["norm_q", "norm_k"], ["query", "key"]).map {
        WeightRow(
          "\(block).attn.\($0).weight", original: "\(from).norm.\($1)_norm.scale",
          ["head_size"])
      }
      + WeightRow.layer(
        "\(block).proj_out", original: "\(from).linear2", "width", "width" + "feed_forward_size")
  }()

  private static let output =
    WeightRow.layer(
      "norm_out.linear", original: "final_layer.adaLN_modulation.1", 2 * "width", "width",
      order: .swappedHalves)
    + WeightRow.layer("proj_out", original: "final_layer.linear", "output_channels", "width")
}
