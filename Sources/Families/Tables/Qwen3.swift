internal import StrictJSON

// Published with Qwen/Qwen3; the names are those of Qwen3ForCausalLM.
extension Family {
  /// The text encoder of FLUX.2 [klein]. The 4B model ties its output head to its embedding, so
  /// that files have none.
  public static let qwen3 = Family(
    id: "qwen3", title: "Qwen3 text encoder", kind: .textEncoder, className: "Qwen3ForCausalLM",
    fileStem: "model", sizes: LanguageModel.sizes, products: LanguageModel.products,
    settings: [
      Setting("rotary_base") { _ in 1_000_000 },
      Setting("epsilon") { _ in .init(1e-6) },
      Setting("position_limit") { _ in 40960 },
    ],
    keys: [
      .init("architectures", .written(["Qwen3ForCausalLM"])),
      .init("attention_bias", .fixed(.bool(false))),
      .init("head_dim", .size("head_size")),
      .init("hidden_act", .fixed("silu")),
      .init("hidden_size", .size("width")),
      .init("intermediate_size", .size("feed_forward_size")),
      .init("max_position_embeddings", .setting("position_limit")),
      .init("model_type", .fixed("qwen3")),
      .init("num_attention_heads", .size("head_count")),
      .init("num_hidden_layers", .size("layer_count")),
      .init("num_key_value_heads", .size("key_value_head_count")),
      .init("rms_norm_eps", .setting("epsilon")),
      // Older versions of transformers read the first, newer ones the second.
      .init("rope_theta", .setting("rotary_base")),
      .init("rope_parameters.rope_theta", .setting("rotary_base")),
      .init("rope_parameters.rope_type", .fixed("default")),
      .init("rope_scaling.rope_type", .onlyRead("default")),
      .init("rope_scaling.type", .onlyRead("default")),
      .init(
        "tie_word_embeddings", .writtenChoice("has_output_head", .bool(false), .bool(true))),
      .init("use_sliding_window", .onlyRead(false)),
      .init("vocab_size", .size("vocabulary_size")),
    ],
    sections: LanguageModel.sections("model.", head: "", hasQueryNorm: true),
    // Llama's other descendants have no norm of queries.
    signature: ["model.embed_tokens.weight", "model.layers.0.self_attn.q_norm.weight"],
    spellings: [.alternate: [("model.", "")]],
    hasOriginalNames: false,
    dropped: [("tokenizer_json", "a tokenizer, for programs that keep it with the weights")],
    variants: [
      Variant(
        title: "Qwen3 4B",
        sizes: LanguageModel.published(
          width: 2560, layers: 36, feedForward: 9728, vocabulary: 151936, hasOutputHead: 0)),
      Variant(
        title: "Qwen3 8B",
        sizes: LanguageModel.published(
          width: 4096, layers: 36, feedForward: 12288, vocabulary: 151936, hasOutputHead: 1)),
    ],
    quantization: LanguageModel.advice)
}
