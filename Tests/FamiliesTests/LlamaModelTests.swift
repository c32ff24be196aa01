import Families
import StrictJSON
import Testing

@Suite struct LlamaModelTests {
  /// As ggml's Python package 0.19.0 has them (`get_tensor_name_map(MODEL_ARCH.QWEN3, 36)`).
  @Test(arguments: [
    ("model.embed_tokens.weight", "token_embd.weight"),
    ("model.norm.weight", "output_norm.weight"),
    ("lm_head.weight", "output.weight"),
    ("model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight"),
    ("model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight"),
    ("model.layers.2.self_attn.k_proj.weight", "blk.2.attn_k.weight"),
    ("model.layers.3.self_attn.v_proj.weight", "blk.3.attn_v.weight"),
    ("model.layers.4.self_attn.q_norm.weight", "blk.4.attn_q_norm.weight"),
    ("model.layers.5.self_attn.k_norm.weight", "blk.5.attn_k_norm.weight"),
    ("model.layers.6.self_attn.o_proj.weight", "blk.6.attn_output.weight"),
    ("model.layers.7.post_attention_layernorm.weight", "blk.7.ffn_norm.weight"),
    ("model.layers.8.mlp.gate_proj.weight", "blk.8.ffn_gate.weight"),
    ("model.layers.9.mlp.up_proj.weight", "blk.9.ffn_up.weight"),
    ("model.layers.35.mlp.down_proj.weight", "blk.35.ffn_down.weight"),
  ])
  func namesAreThoseOfItsConverter(transformers: String, llama: String) throws {
    let qwen3 = try #require(LlamaModel.named("qwen3"))
    #expect(qwen3.llamaName(of: transformers) == llama)
    #expect(qwen3.transformersName(of: llama) == transformers)
  }

  @Test(arguments: Family.qwen3.variants)
  func everyWeightHasANameOfItsOwnAndTurnsBack(variant: Variant) throws {
    let llama = try #require(LlamaModel.of(.qwen3))
    let weights = variant.configuration(of: .qwen3).weights
    let names = weights.compactMap { llama.llamaName(of: $0.name) }
    #expect(Set(names).count == weights.count)
    #expect(names.map { llama.transformersName(of: $0) } == weights.map(\.name))
  }

  /// Another spelling of a number would let two tensors of a file become one.
  @Test(arguments: [
    "blk.00.attn_q.weight", "blk.-0.attn_q.weight", "blk.+1.attn_q.weight", "blk..attn_q.weight",
    "blk.1.2.attn_q.weight", "blk.65536.attn_q.weight", "blk.0.attn_q.bias",
    "blk.0.attn_qkv.weight", "blk.attn_q.weight", "token_embd.weight.weight", "rope_freqs.weight",
    "model.embed_tokens.weight", "",
  ])
  func otherNamesAreNone(name: String) throws {
    #expect(try #require(LlamaModel.named("qwen3")).transformersName(of: name) == nil)
  }

  @Test func itsNumbersAreMembersOfTheConfiguration() throws {
    for variant in Family.qwen3.variants {
      let document = variant.configuration(of: .qwen3).configDocument
      let members = try JSONField(document: "", value: document).object()
      for number in try #require(LlamaModel.of(.qwen3)).numbers {
        guard case .number = members[number.member] else {
          Issue.record("\(number.member) is no number")
          continue
        }
      }
    }
  }
}
