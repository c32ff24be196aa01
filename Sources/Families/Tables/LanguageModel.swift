/// The layers of Llama's descendants, which Qwen3 and Mistral share.
enum LanguageModel {
  /// The layers under `prefix`, which ends in a dot: D width, Q, V the widths of all query and of
  /// all key and value heads, M feed-forward size.
  static func sections(_ prefix: String, head: String, hasQueryNorm: Bool) -> [Section] {
    let layer = "\(prefix)layers.{i}"
    let norms =
      hasQueryNorm
      ? ["q_norm", "k_norm"].map { WeightRow("\(layer).self_attn.\($0).weight", ["head_size"]) }
      : []
    return [
      Section(
        "embedder", [WeightRow("\(prefix)embed_tokens.weight", ["vocabulary_size", "width"])]),
      Section(
        "layers.{i}", count: "layer_count",
        [
          WeightRow("\(layer).input_layernorm.weight", ["width"]),
          WeightRow("\(layer).self_attn.q_proj.weight", ["query_size", "width"]),
          WeightRow("\(layer).self_attn.k_proj.weight", ["key_value_size", "width"]),
          WeightRow("\(layer).self_attn.v_proj.weight", ["key_value_size", "width"]),
        ] + norms + [
          WeightRow("\(layer).self_attn.o_proj.weight", ["width", "query_size"]),
          WeightRow("\(layer).post_attention_layernorm.weight", ["width"]),
          WeightRow("\(layer).mlp.gate_proj.weight", ["feed_forward_size", "width"]),
          WeightRow("\(layer).mlp.up_proj.weight", ["feed_forward_size", "width"]),
          WeightRow("\(layer).mlp.down_proj.weight", ["width", "feed_forward_size"]),
        ]),
      // Files that only serve as text encoders may end with the last layer that is used.
      Section(
        "output",
        [
          WeightRow("\(prefix)norm.weight", ["width"], when: .flag("has_final_norm")),
          WeightRow(
            "\(head)lm_head.weight", ["vocabulary_size", "width"], when: .flag("has_output_head")),
        ]),
    ]
  }

  static let sizes = [
    "head_count", "head_size", "key_value_head_count", "query_size", "key_value_size", "width",
    "layer_count", "feed_forward_size", "vocabulary_size", "has_final_norm", "has_output_head",
  ]

  static let products = [
    (product: "query_size", factors: ("head_count", "head_size")),
    (product: "key_value_size", factors: ("key_value_head_count", "head_size")),
  ]

  /// The sizes of a published model; heads are 128 wide in all of them.
  static func published(
    width: Int, layers: Int, feedForward: Int, vocabulary: Int, hasOutputHead: Int
  ) -> [String: Int] {
    [
      "head_count": 32, "head_size": 128, "key_value_head_count": 8, "query_size": 4096,
      "key_value_size": 1024, "width": width, "layer_count": layers,
      "feed_forward_size": feedForward, "vocabulary_size": vocabulary, "has_final_norm": 1,
      "has_output_head": hasOutputHead,
    ]
  }

  static let valuesReason = "the values that attention passes on, a small part of the layer"
  static let outputsReason = "it writes to the residual stream, from inputs with large outliers"

  static let advice = QuantizationAdvice(
    linears: ["*layers.*.self_attn.*_proj.weight", "*layers.*.mlp.*_proj.weight"],
    critical: [
      ("*.self_attn.v_proj.weight", valuesReason), ("*.mlp.down_proj.weight", outputsReason),
    ],
    eightBits: [("*lm_head.weight", "it takes no part in encoding a prompt")],
    kept: [
      ("*embed_tokens.weight", "looked up, not multiplied: a row is one token's vector"),
      ("*norm.weight", "norms are vectors"),
      ("vision_tower.*", "the vision tower takes no part in encoding a prompt"),
      ("multi_modal_projector.*", "it joins the vision tower, which is kept"),
    ])
}
