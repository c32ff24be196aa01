internal import StrictJSON

// Published with openai/CLIP and OpenCLIP; the names are those of CLIPTextModelWithProjection.
extension Family {
  /// The text encoders CLIP-L and CLIP-G of FLUX.1 and Stable Diffusion 3, with or without the
  /// projection of the pooled output.
  public static let clip = Family(
    id: "clip", title: "CLIP text encoder", kind: .textEncoder,
    className: "CLIPTextModelWithProjection", fileStem: "model",
    sizes: [
      "head_count", "head_size", "width", "layer_count", "feed_forward_size", "vocabulary_size",
      "position_count", "has_projection", "projection_size",
    ],
    products: [("width", ("head_count", "head_size"))],
    defaultSizes: ["head_size": 64, "projection_size": 768],
    settings: [
      // OpenAI's models approximate the activation, OpenCLIP's do not.
      Setting("activation") { $0["width"] == 768 ? "quick_gelu" : "gelu" },
      Setting("epsilon") { _ in .init(1e-5) },
    ],
    keys: [
      .init(
        "architectures",
        .writtenChoice("has_projection", ["CLIPTextModelWithProjection"], ["CLIPTextModel"])),
      .init("bos_token_id", .written(0)),
      .init("eos_token_id", .written(2)),
      .init("hidden_act", .setting("activation")),
      .init("hidden_size", .size("width")),
      .init("intermediate_size", .size("feed_forward_size")),
      .init("layer_norm_eps", .setting("epsilon")),
      .init("max_position_embeddings", .size("position_count")),
      .init("model_type", .fixed("clip_text_model")),
      .init("num_attention_heads", .size("head_count")),
      .init("num_hidden_layers", .size("layer_count")),
      .init("pad_token_id", .written(1)),
      .init("projection_dim", .size("projection_size")),
      .init("vocab_size", .size("vocabulary_size")),
    ],
    sections: [
      Section(
        "embedder",
        [
          WeightRow(
            "text_model.embeddings.token_embedding.weight", ["vocabulary_size", "width"]),
          WeightRow(
            "text_model.embeddings.position_embedding.weight", ["position_count", "width"]),
        ]),
      Section("layers.{i}", count: "layer_count", layer),
      Section(
        "output",
        WeightRow.norm("text_model.final_layer_norm", "width") + [
          WeightRow(
            "text_projection.weight", ["projection_size", "width"],
            when: .flag("has_projection"))
        ]),
    ],
    signature: [
      "text_model.embeddings.token_embedding.weight",
      "text_model.encoder.layers.0.self_attn.q_proj.weight",
    ],
    // Newer versions of transformers write models without projection without the first part.
    spellings: [.alternate: [("text_model.", "")]],
    hasOriginalNames: false,
    dropped: [
      ("embeddings.position_ids", "the numbers 0, 1, …, which every loader makes itself"),
      ("logit_scale", "it compares texts with pictures, and takes no part in encoding a prompt"),
    ],
    variants: [
      variant("CLIP-L", width: 768, layers: 12, hasProjection: 0),
      variant("CLIP-L with projection", width: 768, layers: 12, hasProjection: 1),
      variant("CLIP-G with projection", width: 1280, layers: 32, hasProjection: 1),
    ],
    quantization: QuantizationAdvice(
      linears: ["*.self_attn.*_proj.weight", "*.mlp.fc?.weight"],
      critical: [
        ("*.self_attn.v_proj.weight", LanguageModel.valuesReason),
        ("*.mlp.fc2.weight", LanguageModel.outputsReason),
      ],
      kept: [
        ("*_embedding.weight", "looked up, not multiplied: a row is one token's vector"),
        ("*.bias", "biases are vectors"),
        ("*norm*", "norms are vectors"),
        ("text_projection.weight", "the last layer of the pooled prompt, its size is small"),
      ]))

  private static func variant(
    _ title: String, width: Int, layers: Int, hasProjection: Int
  ) -> Variant {
    Variant(
      title: title,
      sizes: [
        "head_count": width / 64, "head_size": 64, "width": width, "layer_count": layers,
        "feed_forward_size": 4 * width, "vocabulary_size": 49408, "position_count": 77,
        "has_projection": hasProjection, "projection_size": width,
      ])
  }

  private static let layer: [WeightRow] = {
    let layer = "text_model.encoder.layers.{i}"
    return WeightRow.norm("\(layer).layer_norm1", "width")
      + ["q_proj", "k_proj", "v_proj", "out_proj"].flatMap {
        WeightRow.layer("\(layer).self_attn.\($0)", "width", "width")
      }
      + WeightRow.norm("\(layer).layer_norm2", "width")
      + WeightRow.layer("\(layer).mlp.fc1", "feed_forward_size", "width")
      + WeightRow.layer("\(layer).mlp.fc2", "width", "feed_forward_size")
  }()
}
