/// What llama.cpp calls a network, its tensors and its numbers, in GGUF files.
///
/// The names are those of ggml's Python package 0.19.0 (`MODEL_ARCH`, `TENSOR_NAMES`), the keys those
/// that llama.cpp's converter writes. Only networks whose rows it leaves in the order of transformers
/// are here, so that a name and its tensor are all that differs.
public struct LlamaModel: Sendable {
  /// A number of the network.
  public struct Number: Hashable, Sendable {
    /// Its key, behind the architecture and a dot: `block_count`.
    public let key: String
    /// The member of a `config.json` that says the same: `num_hidden_layers`.
    public let member: String
    /// Whether it is an integer; a float32 otherwise.
    public let isInteger: Bool
  }

  public let family: Family
  /// What `general.architecture` says.
  public let architecture: String
  /// In the order that the converter writes them. Two of the same member say the same.
  public let numbers: [Number]
  /// The names of both, `{i}` for the index of a block.
  private let names: [(transformers: String, llama: String)]

  /// Every network that is read and written under such names.
  public static let all: [LlamaModel] = [.qwen3]

  /// That of a family, nil when there is none.
  public static func of(_ family: Family) -> LlamaModel? {
    all.first { $0.family == family }
  }

  /// That of a file's `general.architecture`, nil when there is none.
  public static func named(_ architecture: String) -> LlamaModel? {
    all.first { $0.architecture == architecture }
  }

  /// Whether a tensor has a name that only llama.cpp gives, whatever the network.
  public static func isName(_ name: String) -> Bool {
    ["blk.", "enc.blk.", "dec.blk."].contains { name.hasPrefix($0) }
  }
}

extension LlamaModel {
  /// What llama.cpp calls a tensor of transformers: `blk.3.attn_q.weight` for
  /// `model.layers.3.self_attn.q_proj.weight`; nil for a tensor that the network does not have.
  public func llamaName(of tensor: String) -> String? {
    names.lazy.compactMap { Self.name(tensor, from: $0.transformers, to: $0.llama) }.first
  }

  /// The other way round. No two names become the same.
  public func transformersName(of tensor: String) -> String? {
    names.lazy.compactMap { Self.name(tensor, from: $0.llama, to: $0.transformers) }.first
  }

  /// The name under another pattern, nil when it is not of the first.
  private static func name(_ name: String, from: String, to: String) -> String? {
    guard let place = from.firstRange(of: "{i}") else { return name == from ? to : nil }
    let (before, after) = (from[..<place.lowerBound], from[place.upperBound...])
    guard name.hasPrefix(before), name.hasSuffix(after),
      name.utf8.count > before.utf8.count + after.utf8.count
    else { return nil }
    let index = name.dropFirst(before.count).dropLast(after.count)
    // Another spelling of an index, such as `03`, would be a second name of one tensor.
    guard let number = UInt16(index), String(number) == index else { return nil }
    return to.replacing("{i}", with: index)
  }
}

extension LlamaModel {
  static let qwen3 = LlamaModel(
    family: .qwen3, architecture: "qwen3",
    numbers: [
      Number(key: "block_count", member: "num_hidden_layers", isInteger: true),
      Number(key: "context_length", member: "max_position_embeddings", isInteger: true),
      Number(key: "embedding_length", member: "hidden_size", isInteger: true),
      Number(key: "feed_forward_length", member: "intermediate_size", isInteger: true),
      Number(key: "attention.head_count", member: "num_attention_heads", isInteger: true),
      Number(key: "attention.head_count_kv", member: "num_key_value_heads", isInteger: true),
      Number(key: "rope.freq_base", member: "rope_theta", isInteger: false),
      Number(
        key: "attention.layer_norm_rms_epsilon", member: "rms_norm_eps", isInteger: false),
      Number(key: "attention.key_length", member: "head_dim", isInteger: true),
      Number(key: "attention.value_length", member: "head_dim", isInteger: true),
      Number(key: "vocab_size", member: "vocab_size", isInteger: true),
    ],
    names: [
      ("model.embed_tokens.weight", "token_embd.weight"),
      ("model.norm.weight", "output_norm.weight"),
      ("lm_head.weight", "output.weight"),
    ]
      + [
        ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
        ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
      ].map { ("model.layers.{i}.\($0).weight", "blk.{i}.\($1).weight") })
}
