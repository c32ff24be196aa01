import Checkpoints
import Families
import GGUF
import StrictJSON
import Tensors
import TestSupport
import Testing

/// A GGUF file of a language model has the names of transformers and the numbers of its metadata.
@Suite struct LlamaSourceTests {
  /// A network of one layer: D = 4, two heads and one of keys and values, K = 2, M = 6, V = 8.
  static let shapes: [(name: String, extents: [Int])] = [
    ("token_embd.weight", [8, 4]), ("blk.0.attn_norm.weight", [4]),
    ("blk.0.attn_q.weight", [4, 4]), ("blk.0.attn_k.weight", [2, 4]),
    ("blk.0.attn_v.weight", [2, 4]), ("blk.0.attn_q_norm.weight", [2]),
    ("blk.0.attn_k_norm.weight", [2]), ("blk.0.attn_output.weight", [4, 4]),
    ("blk.0.ffn_norm.weight", [4]), ("blk.0.ffn_gate.weight", [6, 4]),
    ("blk.0.ffn_up.weight", [6, 4]), ("blk.0.ffn_down.weight", [4, 6]),
    ("output_norm.weight", [4]),
  ]

  static let tensors = shapes.enumerated().map { place, tensor in
    let count = tensor.extents.reduce(1, *)
    return NamedTensor(
      tensor.name, tensor.extents, (0..<count).map { Float(($0 + 16 * place) % 250) })
  }

  private func write(
    _ folder: TemporaryFolder, _ metadata: [(String, GGUFValue)] = [],
    architecture: String? = "qwen3", adding: [NamedTensor] = []
  ) throws -> String {
    var all = GGUFMetadata()
    if let architecture { all.append("general.architecture", .string(architecture)) }
    for (key, value) in metadata { all.append(key, value) }
    return try folder.writeGGUF("text.gguf", Self.tensors + adding, metadata: all)
  }

  @Test func itsWeightsHaveTheNamesOfTransformers() throws {
    try TemporaryFolder.with { folder in
      let checkpoint = try Checkpoint.open(write(folder))
      #expect(checkpoint.configuration.family == .qwen3)
      #expect(checkpoint.configuration.size("head_size") == 2)
      #expect(checkpoint.configuration.size("has_output_head") == 0)
      let name = "model.layers.0.mlp.down_proj.weight"
      let expected = Self.tensors.first { $0.name == "blk.0.ffn_down.weight" }?.values
      #expect(try checkpoint.weights.values(of: name) == expected)
      #expect(checkpoint.source.plainType(of: name) == .bfloat16)
      #expect(checkpoint.source.weight(named: "blk.0.ffn_down.weight") == nil)
    }
  }

  @Test func whatNoShapeTellsTheMetadataDo() throws {
    try TemporaryFolder.with { folder in
      let path = try write(
        folder,
        [
          ("qwen3.rope.freq_base", .float32(5e6)), ("qwen3.context_length", .uint32(262144)),
          ("qwen3.attention.layer_norm_rms_epsilon", .float32(1e-5)),
          ("qwen3.block_count", .uint32(1)),
        ])
      // A document that lies beside the file says something else.
      try folder.write(
        "config.json", #"{"architectures": ["Qwen3ForCausalLM"], "rope_theta": 7}"#)
      let settings = try Checkpoint.open(path).configuration.settings
      #expect(settings["rotary_base"] == 5_000_000)
      #expect(settings["position_limit"] == 262144)
      #expect(settings["epsilon"] == JSONValue(1e-5))
    }
  }

  @Test func anArchitectureThatIsNotReadIsNamed() throws {
    try TemporaryFolder.with { folder in
      for architecture in ["llama", "qwen3moe", nil] {
        let path = try write(folder, architecture: architecture)
        let failure = #expect(throws: CheckpointFailure.self) { _ = try Checkpoint.open(path) }
        #expect(
          failure
            == .namesOfLlama(
              file: path, tensor: "blk.0.attn_norm.weight", architecture: architecture))
      }
    }
  }

  @Test func aTensorThatTheArchitectureDoesNotHaveIsNotDropped() throws {
    try TemporaryFolder.with { folder in
      for name in ["blk.0.attn_q.bias", "blk.00.attn_q.weight", "model.embed_tokens.weight"] {
        let path = try write(folder, adding: [NamedTensor(name, [4], [1, 2, 3, 4])])
        let failure = #expect(throws: CheckpointFailure.self) { _ = try Checkpoint.open(path) }
        #expect(
          failure == .unknownNameOfLlama(file: path, tensor: name, architecture: "qwen3"))
        #expect(failure?.description.contains("Nothing is dropped silently") == true)
      }
    }
  }

  @Test func aBlockBehindTheLastIsMissingItsOthers() throws {
    try TemporaryFolder.with { folder in
      let path = try write(
        folder, adding: [NamedTensor("blk.2.attn_norm.weight", [4], [1, 2, 3, 4])])
      #expect {
        _ = try Checkpoint.open(path)
      } throws: { error in
        guard case .missing(_, let names) = error as? FamilyFailure else { return false }
        return names.contains("model.layers.1.self_attn.q_proj.weight")
      }
    }
  }

  /// Keys, and values that the numbers of a network cannot be.
  @Test(arguments: [
    ("block_count", GGUFValue.string("1")), ("block_count", .float32(1)),
    ("attention.head_count_kv", .array(.int32([1]))), ("rope.freq_base", .float32(.infinity)),
    ("rope.freq_base", .float64(.nan)), ("rope.freq_base", .bool(true)),
    ("attention.value_length", .uint32(3)), ("rope.scaling.type", .string("yarn")),
    ("vocab_size", .uint64(.max)),
  ])
  func aNumberOfAnotherKindIsRefused(key: String, value: GGUFValue) throws {
    try TemporaryFolder.with { folder in
      let path = try write(
        folder, [("qwen3.attention.key_length", .uint32(2)), ("qwen3.\(key)", value)])
      #expect {
        _ = try Checkpoint.open(path)
      } throws: { error in
        guard case .metadata(_, let found, _, _) = error as? GGUFFailure else { return false }
        return found == "qwen3.\(key)"
      }
    }
  }

  @Test(arguments: [
    ("block_count", UInt32.max), ("embedding_length", 5), ("attention.head_count", 0),
  ])
  func aNumberThatContradictsTheShapesIsRefused(key: String, number: UInt32) throws {
    try TemporaryFolder.with { folder in
      let path = try write(folder, [("qwen3.\(key)", .uint32(number))])
      #expect(throws: (any Error).self) { _ = try Checkpoint.open(path) }
    }
  }
}
