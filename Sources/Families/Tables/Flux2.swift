internal import StrictJSON

// Published with black-forest-labs/flux2; the diffusers names are those of Flux2Transformer2DModel.
extension Family {
  /// The FLUX.2 transformer. D width, K head size, M feed-forward size, J text size, C channels.
  public static let flux2 = Family(
    id: "flux2", title: "FLUX.2 transformer", kind: .transformer,
    className: "Flux2Transformer2DModel", fileStem: "diffusion_pytorch_model",
    sizes: [
      "head_count", "head_size", "width", "double_block_count", "single_block_count", "text_size",
      "input_channels", "output_channels", "feed_forward_size", "timestep_channels",
      "has_guidance",
    ],
    products: [("width", ("head_count", "head_size"))],
    settings: [
      Setting("rotary_axes") { sizes in
        // Four axes share the dimensions of a head.
        .array(Array(repeating: .init((sizes["head_size"] ?? 0) / 4), count: 4))
      },
      Setting("rotary_base") { _ in 2000 },
      Setting("epsilon") { _ in .init(1e-6) },
    ],
    keys: [
      .init("_class_name", .written("Flux2Transformer2DModel")),
      .init("attention_head_dim", .size("head_size")),
      .init("axes_dims_rope", .setting("rotary_axes")),
      .init("eps", .setting("epsilon")),
      .init("guidance_embeds", .flag("has_guidance")),
      .init("in_channels", .size("input_channels")),
      .init("joint_attention_dim", .size("text_size")),
      .init("mlp_ratio", .ratio("feed_forward_size", of: "width")),
      .init("num_attention_heads", .size("head_count")),
      .init("num_layers", .size("double_block_count")),
      .init("num_single_layers", .size("single_block_count")),
      .init("out_channels", .sizeUnlessEqual("output_channels", to: "input_channels")),
      .init("patch_size", .fixed(1)),
      .init("rope_theta", .setting("rotary_base")),
      .init("timestep_guidance_channels", .size("timestep_channels")),
    ],
    sections: [
      Section("embedders", embedders),
      Section("transformer_blocks.{i}", count: "double_block_count", doubleBlock),
      Section("single_transformer_blocks.{i}", count: "single_block_count", singleBlock),
      Section("output", output),
    ],
    // It shares its modulation among all blocks; no other family has these names.
    signature: ["single_stream_modulation.linear.weight", "x_embedder.weight"],
    comfyPrefix: "model.diffusion_model.",
    variants: [
      variant("FLUX.2 [dev] 32B", heads: 48, double: 8, single: 48, text: 15360, guidance: 1),
      variant("FLUX.2 [klein] 9B", heads: 32, double: 8, single: 24, text: 12288, guidance: 0),
      variant("FLUX.2 [klein] 4B", heads: 24, double: 5, single: 20, text: 7680, guidance: 0),
    ],
    quantization: QuantizationAdvice(
      linears: ["*transformer_blocks.*.weight"],
      critical: [
        (
          "*.attn.to_out*",
          "it writes to the residual stream; measured, an error here weighs twice as much as in "
            + "other layers"
        )
      ],
      kept: [
        (
          "x_embedder.weight",
          "the latents enter here: its error reaches every block, its size is small"
        ),
        ("context_embedder.weight", "the prompt enters here: its error reaches every block"),
        (
          "time_guidance_embed.*", "it steers every modulation of a step, its size is small"
        ),
        (
          "*modulation*",
          "shared by all blocks: shift, scale and gate multiply every activation"
        ),
        ("*.norm_*", "the scales of query and key norms are vectors of one head"),
        ("norm_out.*", "scales the last activations, right before the prediction"),
        ("proj_out.weight", "writes the prediction: its error is the picture's error"),
      ]),
    validate: { _ = try Flux2Configuration($0, origin: $1) })

  private static func variant(
    _ title: String, heads: Int, double: Int, single: Int, text: Int, guidance: Int
  ) -> Variant {
    let width = heads * 128
    return Variant(
      title: title,
      sizes: [
        "head_count": heads, "head_size": 128, "width": width, "double_block_count": double,
        "single_block_count": single, "text_size": text, "input_channels": 128,
        "output_channels": 128, "feed_forward_size": 3 * width, "timestep_channels": 256,
        "has_guidance": guidance,
      ])
  }

  private static let embedders = [
    WeightRow("x_embedder.weight", original: "img_in.weight", ["width", "input_channels"]),
    WeightRow("context_embedder.weight", original: "txt_in.weight", ["width", "text_size"]),
    WeightRow(
      "time_guidance_embed.timestep_embedder.linear_1.weight",
      original: "time_in.in_layer.weight", ["width", "timestep_channels"]),
    WeightRow(
      "time_guidance_embed.timestep_embedder.linear_2.weight",
      original: "time_in.out_layer.weight", ["width", "width"]),
    WeightRow(
      "time_guidance_embed.guidance_embedder.linear_1.weight",
      original: "guidance_in.in_layer.weight", ["width", "timestep_channels"],
      when: .flag("has_guidance")),
    WeightRow(
      "time_guidance_embed.guidance_embedder.linear_2.weight",
      original: "guidance_in.out_layer.weight", ["width", "width"], when: .flag("has_guidance")),
    WeightRow(
      "double_stream_modulation_img.linear.weight",
      original: "double_stream_modulation_img.lin.weight", [6 * "width", "width"]),
    WeightRow(
      "double_stream_modulation_txt.linear.weight",
      original: "double_stream_modulation_txt.lin.weight", [6 * "width", "width"]),
    WeightRow(
      "single_stream_modulation.linear.weight",
      original: "single_stream_modulation.lin.weight", [3 * "width", "width"]),
  ]

  private static let doubleBlock =
    stream(
      original: "img", parts: ["to_q", "to_k", "to_v"], norms: ["norm_q", "norm_k"],
      projection: "to_out.0", feedForward: "ff")
    + stream(
      original: "txt", parts: ["add_q_proj", "add_k_proj", "add_v_proj"],
      norms: ["norm_added_q", "norm_added_k"], projection: "to_add_out",
      feedForward: "ff_context")

  /// One of the two streams of a double block.
  private static func stream(
    original: String, parts: [String], norms: [String], projection: String, feedForward: String
  ) -> [WeightRow] {
    let block = "transformer_blocks.{i}"
    let from = "double_blocks.{i}.\(original)"
    return parts.map {
      WeightRow(
        "\(block).attn.\($0).weight", original: "\(from)_attn.qkv.weight", ["width", "width"])
    }
      + zip(norms, ["query", "key"]).map {
        WeightRow(
          "\(block).attn.\($0).weight", original: "\(from)_attn.norm.\($1)_norm.scale",
          ["head_size"])
      } + [
        WeightRow(
          "\(block).attn.\(projection).weight", original: "\(from)_attn.proj.weight",
          ["width", "width"]),
        WeightRow(
          "\(block).\(feedForward).linear_in.weight", original: "\(from)_mlp.0.weight",
          [2 * "feed_forward_size", "width"]),
        WeightRow(
          "\(block).\(feedForward).linear_out.weight", original: "\(from)_mlp.2.weight",
          ["width", "feed_forward_size"]),
      ]
  }

  private static let singleBlock = [
    WeightRow(
      "single_transformer_blocks.{i}.attn.to_qkv_mlp_proj.weight",
      original: "single_blocks.{i}.linear1.weight",
      [3 * "width" + 2 * "feed_forward_size", "width"]),
    WeightRow(
      "single_transformer_blocks.{i}.attn.norm_q.weight",
      original: "single_blocks.{i}.norm.query_norm.scale", ["head_size"]),
    WeightRow(
      "single_transformer_blocks.{i}.attn.norm_k.weight",
      original: "single_blocks.{i}.norm.key_norm.scale", ["head_size"]),
    WeightRow(
      "single_transformer_blocks.{i}.attn.to_out.weight",
      original: "single_blocks.{i}.linear2.weight", ["width", "width" + "feed_forward_size"]),
  ]

  private static let output = [
    WeightRow(
      "norm_out.linear.weight", original: "final_layer.adaLN_modulation.1.weight",
      [2 * "width", "width"], order: .swappedHalves),
    WeightRow(
      "proj_out.weight", original: "final_layer.linear.weight", ["output_channels", "width"]),
  ]
}
