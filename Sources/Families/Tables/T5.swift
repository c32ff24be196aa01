internal import StrictJSON

// Published with google/t5-v1_1-xxl; the names are those of T5EncoderModel.
extension Family {
  /// The text encoder of FLUX.1 and Stable Diffusion 3. Every layer adds the position bias that the
  /// first one has.
  public static let t5 = Family(
    id: "t5", title: "T5 text encoder", kind: .textEncoder, className: "T5EncoderModel",
    fileStem: "model",
    sizes: [
      "head_count", "head_size", "width", "attention_size", "layer_count", "feed_forward_size",
      "vocabulary_size", "position_bucket_count",
    ],
    products: [("attention_size", ("head_count", "head_size"))],
    settings: [Setting("epsilon") { _ in .init(1e-6) }],
    keys: [
      .init("architectures", .written(["T5EncoderModel"])),
      .init("d_ff", .size("feed_forward_size")),
      .init("d_kv", .size("head_size")),
      .init("d_model", .size("width")),
      .init("decoder_start_token_id", .written(0)),
      .init("eos_token_id", .written(1)),
      .init("feed_forward_proj", .fixed("gated-gelu")),
      .init("is_encoder_decoder", .written(.bool(false))),
      .init("layer_norm_epsilon", .setting("epsilon")),
      .init("model_type", .fixed("t5")),
      .init("num_heads", .size("head_count")),
      .init("num_layers", .size("layer_count")),
      .init("pad_token_id", .written(0)),
      .init("relative_attention_max_distance", .written(128)),
      .init("relative_attention_num_buckets", .size("position_bucket_count")),
      .init("tie_word_embeddings", .written(.bool(true))),
      .init("use_cache", .written(.bool(false))),
      .init("vocab_size", .size("vocabulary_size")),
    ],
    sections: [
      Section("embedder", [WeightRow("shared.weight", ["vocabulary_size", "width"])]),
      Section("encoder.block.{i}", count: "layer_count", layer),
      Section("output", [WeightRow("encoder.final_layer_norm.weight", ["width"])]),
    ],
    signature: [
      "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "shared.weight",
    ],
    hasOriginalNames: false,
    dropped: [
      ("encoder.embed_tokens.weight", "shared.weight once more"),
      ("spiece_model", "a tokenizer, for programs that keep it with the weights"),
    ],
    variants: [
      Variant(
        title: "T5 XXL encoder",
        sizes: [
          "head_count": 64, "head_size": 64, "width": 4096, "attention_size": 4096,
          "layer_count": 24, "feed_forward_size": 10240, "vocabulary_size": 32128,
          "position_bucket_count": 32,
        ])
    ],
    quantization: QuantizationAdvice(
      linears: ["*.SelfAttention.?.weight", "*.DenseReluDense.*.weight"],
      critical: [
        ("*.SelfAttention.v.weight", LanguageModel.valuesReason),
        ("*.DenseReluDense.wo.weight", LanguageModel.outputsReason),
      ],
      kept: [
        ("shared.weight", "looked up, not multiplied: a row is one token's vector"),
        ("*relative_attention_bias.weight", "added to every attention score, its size is small"),
        ("*layer_norm.weight", "norms are vectors"),
      ]))

  private static let layer: [WeightRow] = {
    let attention = "encoder.block.{i}.layer.0"
    let feedForward = "encoder.block.{i}.layer.1"
    return [
      WeightRow(
        "\(attention).SelfAttention.relative_attention_bias.weight",
        ["position_bucket_count", "head_count"], when: .before(1)),
      WeightRow("\(attention).layer_norm.weight", ["width"]),
      WeightRow("\(attention).SelfAttention.q.weight", ["attention_size", "width"]),
      WeightRow("\(attention).SelfAttention.k.weight", ["attention_size", "width"]),
      WeightRow("\(attention).SelfAttention.v.weight", ["attention_size", "width"]),
      WeightRow("\(attention).SelfAttention.o.weight", ["width", "attention_size"]),
      WeightRow("\(feedForward).layer_norm.weight", ["width"]),
      WeightRow("\(feedForward).DenseReluDense.wi_0.weight", ["feed_forward_size", "width"]),
      WeightRow("\(feedForward).DenseReluDense.wi_1.weight", ["feed_forward_size", "width"]),
      WeightRow("\(feedForward).DenseReluDense.wo.weight", ["width", "feed_forward_size"]),
    ]
  }()
}
