import Bundles
import Checkpoints
import Conversion
import Exchange
import Families
import GGUF
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct TextEncoderExportTests {
  private let encoder = "\(Fixture.klein)/text_encoder"

  @Test(arguments: ["F32", "F16", "BF16", "Q8_0", "Q4_K", "Q4_K_M", "IQ4_XS", "Q2_K"])
  func aTextEncoderIsReadBackAsTheSameNetwork(mix: String) throws {
    try TemporaryFolder.with { folder in
      let (path, _) = try export("gguf:\(mix)", of: encoder, to: folder)
      let (found, source) = (try Checkpoint.open(path), try Checkpoint.open(encoder))
      #expect(found.configuration == source.configuration)
      let isLossless = mix == "F32" || mix == "BF16"
      let kept = source.weights.weights.filter {
        isLossless || $0.name.hasSuffix("norm.weight")
          || (mix != "F16" && $0.name.contains("embed_tokens"))
      }
      #expect(kept.count > 113 || mix == "F16")
      for weight in kept {
        #expect(
          try found.weights.values(of: weight.name) == source.weights.values(of: weight.name),
          "\(weight.name)")
      }
    }
  }

  @Test func tensorsHaveTheNamesAndTypesOfLlama() throws {
    try TemporaryFolder.with { folder in
      let (path, _) = try export("gguf:Q8_0", of: encoder, to: folder)
      let file = try GGUFCheckpoint.open(path)
      #expect(file.weights.count == 310)
      for (name, type, shape) in [
        ("token_embd.weight", BlockType.bf16, [2048, 128]), ("output_norm.weight", .f32, [128]),
        ("blk.27.ffn_down.weight", .q80, [128, 256]), ("blk.0.attn_q_norm.weight", .f32, [64]),
        ("blk.9.attn_output.weight", .q80, [128, 128]),
      ] {
        #expect(file.type(of: name) == type, "\(name)")
        #expect(file.weight(named: name)?.shape == Shape(shape), "\(name)")
      }
      #expect(file.weight(named: "output.weight") == nil)
    }
  }

  @Test func theMetadataAreThoseOfItsConverter() throws {
    try TemporaryFolder.with { folder in
      let (path, _) = try export("gguf:Q8_0", of: encoder, to: folder)
      let metadata = try GGUFCheckpoint.open(path).metadata
      let expected: [(String, GGUFValue)] = [
        ("general.architecture", .string("qwen3")), ("general.type", .string("model")),
        ("general.quantization_version", .uint32(2)), ("general.file_type", .uint32(7)),
        ("qwen3.block_count", .uint32(28)), ("qwen3.context_length", .uint32(40960)),
        ("qwen3.embedding_length", .uint32(128)), ("qwen3.feed_forward_length", .uint32(256)),
        ("qwen3.attention.head_count", .uint32(2)),
        ("qwen3.attention.head_count_kv", .uint32(1)),
        ("qwen3.rope.freq_base", .float32(1e6)),
        ("qwen3.attention.layer_norm_rms_epsilon", .float32(1e-6)),
        ("qwen3.attention.key_length", .uint32(64)),
        ("qwen3.attention.value_length", .uint32(64)), ("qwen3.vocab_size", .uint32(2048)),
        ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("qwen2")),
      ]
      #expect(metadata.entries.prefix(expected.count).map(\.key) == expected.map(\.0))
      for (key, value) in expected { #expect(metadata[key] == value, "\(key)") }
      #expect(metadata.entries.count == expected.count + 7)
    }
  }

  @Test func theTokenizerOfThePipelineGoesAlong() throws {
    try TemporaryFolder.with { folder in
      let (path, _) = try export("gguf:F16", of: encoder, to: folder)
      let metadata = try GGUFCheckpoint.open(path).metadata
      guard case .array(.string(let tokens)) = metadata["tokenizer.ggml.tokens"],
        case .array(.int32(let kinds)) = metadata["tokenizer.ggml.token_type"],
        case .array(.string(let merges)) = metadata["tokenizer.ggml.merges"]
      else {
        Issue.record("no tokenizer")
        return
      }
      // 2000 of bytes and pairs, 16 added, of which two are no controls; the embedding has more.
      #expect(tokens.count == 2048)
      #expect(tokens[2000...2002] == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
      #expect(tokens[2016] == "[PAD2016]")
      #expect([1, 3, 4, 5].map { kind in kinds.count { $0 == kind } } == [2000, 14, 2, 32])
      #expect(merges.count == 1744)
      #expect(merges[...2] == ["Ġ b", "Ġ o", "a c"])
      #expect(metadata["tokenizer.ggml.bos_token_id"] == .uint32(2000))
      #expect(metadata["tokenizer.ggml.eos_token_id"] == .uint32(2002))
      #expect(metadata["tokenizer.ggml.padding_token_id"] == .uint32(2000))
      #expect(metadata["tokenizer.ggml.add_bos_token"] == .bool(false))
    }
  }

  @Test func aSplitSetHasTheMetadataInItsFirstFile() throws {
    try TemporaryFolder.with { folder in
      let job = try ExportJob(
        model: encoder, target: "gguf:Q8_0", output: folder.path("x.gguf"),
        maximumFileSize: "2MB")
      _ = try job.run(threads: 2)
      let files = job.parts[0].plan.files
      #expect(files.count > 2)
      let found = try Checkpoint.open(folder.path(files[0].name))
      #expect(found.files.count == files.count)
      #expect(found.configuration == job.parts[0].input.configuration)
    }
  }

  @Test func theCodesOfABundleGoAlong() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "recipe.json",
        """
        {"format": "mmdit-recipe", "version": 1, "name": "own", "summary": "", "rules": [
          {"match": "*_proj.weight", "reason": "linear layers", "scheme": {"bits": 8,
            "symmetric": true, "group": 32, "scale": "f16", "clip": "absmax"}}]}
        """)
      _ = try QuantizationJob(model: encoder, recipe: path, threads: 2).run(
        output: folder.path("in.mmdit"), compress: false, producer: "test")
      let bundle = try Bundle.open(folder.path("in.mmdit"))
      let (file, outcome) = try export("gguf:Q8_0", of: bundle.path, to: folder)
      #expect(
        try firstDifference(bundle.canonicalWeights(), Checkpoint.open(file).weights) == nil)
      #expect(outcome.parts[0].weights.allSatisfy { $0.metrics.maximumAbsoluteError == 0 })
      // A bundle has no tokenizer.
      #expect(try GGUFCheckpoint.open(file).metadata["tokenizer.ggml.model"] == nil)
    }
  }

  @Test func otherTextEncodersAreRefusedWithTheReason() throws {
    let target = try Targets.named("gguf:Q8_0")
    let reasons = [Family.mistral3, .t5, .clip].map { family in
      family.variants.first.flatMap { target.refusal(of: $0.configuration(of: family)) } ?? ""
    }
    #expect(reasons[0].contains("another order of rows"))
    #expect(reasons[1...].allSatisfy { $0.contains("names for it are not written") })
    for variant in Family.qwen3.variants {
      #expect(target.refusal(of: variant.configuration(of: .qwen3)) == nil)
    }
  }
}
