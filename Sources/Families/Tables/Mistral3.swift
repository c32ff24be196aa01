internal import StrictJSON

// Published with mistralai/Mistral-Small-3.2-24B; the names are those that
// Mistral3ForConditionalGeneration writes.
extension Family {
  /// The text encoder of FLUX.2 [dev], with or without its vision tower.
  public static let mistral3 = Family(
    id: "mistral3", title: "Mistral 3 text encoder", kind: .textEncoder,
    className: "Mistral3ForConditionalGeneration", fileStem: "model",
    sizes: LanguageModel.sizes + [
      "has_vision", "vision_width", "vision_layer_count", "vision_feed_forward_size",
      "vision_channels", "vision_patch_size",
    ],
    products: LanguageModel.products,
    // Its heads have no norm whose length tells their size. A file without a vision tower may
    // still have a configuration of one.
    defaultSizes: [
      "head_size": 128, "vision_width": 1024, "vision_layer_count": 24,
      "vision_feed_forward_size": 4096, "vision_channels": 3, "vision_patch_size": 14,
    ],
    settings: [
      Setting("rotary_base") { _ in 1_000_000_000 },
      Setting("epsilon") { _ in .init(1e-5) },
      Setting("position_limit") { _ in 131072 },
    ],
    keys: [
      .init("architectures", .written(["Mistral3ForConditionalGeneration"])),
      .init("image_token_index", .written(10)),
      .init("model_type", .fixed("mistral3")),
      .init("multimodal_projector_bias", .fixed(.bool(false))),
      .init("projector_hidden_act", .written("gelu")),
      .init("spatial_merge_size", .fixed(2)),
      .init("text_config.head_dim", .size("head_size")),
      .init("text_config.hidden_act", .fixed("silu")),
      .init("text_config.hidden_size", .size("width")),
      .init("text_config.intermediate_size", .size("feed_forward_size")),
      .init("text_config.max_position_embeddings", .setting("position_limit")),
      .init("text_config.model_type", .fixed("mistral")),
      .init("text_config.num_attention_heads", .size("head_count")),
      .init("text_config.num_hidden_layers", .size("layer_count")),
      .init("text_config.num_key_value_heads", .size("key_value_head_count")),
      .init("text_config.rms_norm_eps", .setting("epsilon")),
      // Older versions of transformers read the first, newer ones the second.
      .init("text_config.rope_theta", .setting("rotary_base")),
      .init("text_config.rope_parameters.rope_theta", .setting("rotary_base")),
      .init("text_config.rope_parameters.rope_type", .fixed("default")),
      .init("text_config.rope_scaling.rope_type", .onlyRead("default")),
      .init("text_config.rope_scaling.type", .onlyRead("default")),
      .init("text_config.sliding_window", .fixed(.null)),
      .init("text_config.vocab_size", .size("vocabulary_size")),
      .init("tie_word_embeddings", .written(.bool(false))),
      .init("vision_config.head_dim", .written(64)),
      .init("vision_config.hidden_act", .written("silu")),
      .init("vision_config.hidden_size", .size("vision_width")),
      .init("vision_config.image_size", .written(1540)),
      .init("vision_config.intermediate_size", .size("vision_feed_forward_size")),
      .init("vision_config.model_type", .written("pixtral")),
      .init("vision_config.num_attention_heads", .written(16)),
      .init("vision_config.num_channels", .size("vision_channels")),
      .init("vision_config.num_hidden_layers", .size("vision_layer_count")),
      .init("vision_config.patch_size", .size("vision_patch_size")),
      .init("vision_config.rope_theta", .written(10000)),
      .init("vision_feature_layer", .written(-1)),
    ],
    sections: LanguageModel.sections(
      "language_model.model.", head: "language_model.", hasQueryNorm: false) + [
        Section("vision_embedder", visionEmbedder),
        Section("vision_tower.layers.{i}", count: "vision_layer_count", visionLayer),
        Section("projector", projector),
      ],
    signature: [
      "language_model.model.embed_tokens.weight",
      "language_model.model.layers.0.self_attn.q_proj.weight",
    ],
    spellings: [
      .alternate: [
        ("language_model.model.", "model.language_model."), ("language_model.lm_head.", "lm_head."),
        ("vision_tower.", "model.vision_tower."),
        ("multi_modal_projector.", "model.multi_modal_projector."),
      ],
      .comfyUI: [("language_model.model.", "model."), ("language_model.lm_head.", "lm_head.")],
    ],
    hasOriginalNames: false,
    dropped: [("tekken_model", "a tokenizer, which ComfyUI keeps with the weights")],
    variants: [
      Variant(
        title: "Mistral Small 3 24B",
        sizes: LanguageModel.published(
          width: 5120, layers: 40, feedForward: 32768, vocabulary: 131072, hasOutputHead: 1
        ).merging(
          [
            "has_vision": 1, "vision_width": 1024, "vision_layer_count": 24,
            "vision_feed_forward_size": 4096, "vision_channels": 3, "vision_patch_size": 14,
          ], uniquingKeysWith: { $1 }))
    ],
    quantization: LanguageModel.advice)

  private static let visionEmbedder = [
    WeightRow(
      "vision_tower.patch_conv.weight",
      ["vision_width", "vision_channels", "vision_patch_size", "vision_patch_size"]),
    WeightRow("vision_tower.ln_pre.weight", ["vision_width"]),
  ].when(.flag("has_vision"))

  private static let visionLayer: [WeightRow] = {
    let layer = "vision_tower.transformer.layers.{i}"
    return
      ([WeightRow("\(layer).attention_norm.weight", ["vision_width"])]
      + ["q_proj", "k_proj", "v_proj", "o_proj"].map {
        WeightRow("\(layer).attention.\($0).weight", ["vision_width", "vision_width"])
      } + [
        WeightRow("\(layer).ffn_norm.weight", ["vision_width"]),
        WeightRow(
          "\(layer).feed_forward.gate_proj.weight", ["vision_feed_forward_size", "vision_width"]),
        WeightRow(
          "\(layer).feed_forward.up_proj.weight", ["vision_feed_forward_size", "vision_width"]),
        WeightRow(
          "\(layer).feed_forward.down_proj.weight", ["vision_width", "vision_feed_forward_size"]),
      ]).when(.flag("has_vision"))
  }()

  private static let projector = [
    WeightRow("multi_modal_projector.norm.weight", ["vision_width"]),
    // Four neighbouring patches become one.
    WeightRow(
      "multi_modal_projector.patch_merger.merging_layer.weight",
      ["vision_width", 4 * "vision_width"]),
    WeightRow("multi_modal_projector.linear_1.weight", ["width", "vision_width"]),
    WeightRow("multi_modal_projector.linear_2.weight", ["width", "width"]),
  ].when(.flag("has_vision"))
}
