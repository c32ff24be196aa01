import Checkpoints
import Failures
import Families
import Safetensors
import Tensors
import TestSupport
import Testing

/// One file with several components, each under a prefix of its own.
@Suite struct SeveralComponentsTests {
  /// The tensors of the fixture's text encoder under a prefix.
  private func encoder(_ prefix: String) throws -> [NamedTensor] {
    let source = try SafetensorsCheckpoint.open("\(Fixture.klein)/text_encoder")
    return try source.weights.map {
      NamedTensor(prefix + $0.name, $0.shape.extents, try source.values(of: $0.name))
    }
  }

  @Test func eachIsOpenedAndTheTransformerIsMeant() throws {
    try TemporaryFolder.with { folder in
      let text = try encoder("text_encoders.qwen3.transformer.")
      let path = try folder.write(
        "all.safetensors", text + TinyFlux2.original(prefix: "model.diffusion_model."))
      let all = try Checkpoint.openAll(path)
      #expect(Set(all.map(\.configuration.family)) == [.flux2, .qwen3])
      for checkpoint in all {
        #expect(checkpoint.others.count == 1)
        #expect(checkpoint.weights.dropped.isEmpty)
        let count =
          checkpoint.configuration.family == .qwen3 ? text.count : TinyFlux2.diffusers().count
        #expect(checkpoint.weights.weights.count == count)
      }
      let transformer = try Checkpoint.open(path)
      #expect(transformer.configuration.family == .flux2)
      #expect(transformer.weights.identity.layout == .comfyUI)
      #expect(transformer.others.map(\.prefix) == ["text_encoders.qwen3.transformer."])
      for tensor in TinyFlux2.diffusers() {
        #expect(try transformer.weights.values(of: tensor.name) == tensor.values)
      }
    }
  }

  @Test func anyPrefixOpens() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("net.safetensors", TinyFlux2.original(prefix: "net."))
      let checkpoint = try Checkpoint.open(path)
      #expect(checkpoint.weights.identity.prefix == "net.")
      for tensor in TinyFlux2.diffusers() {
        #expect(try checkpoint.weights.values(of: tensor.name) == tensor.values)
      }
    }
  }

  @Test func severalOfAKindAreNotOne() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("two.safetensors", try encoder("a.") + encoder("b."))
      #expect(try Checkpoint.openAll(path).count == 2)
      let expected = CheckpointFailure.severalComponents(
        path: path, found: ["Qwen3 text encoder", "Qwen3 text encoder"])
      #expect(throws: expected) { _ = try Checkpoint.open(path) }
      #expect(expected.kind == .usage)
    }
  }

  @Test func whatIsBesideAllOfThemIsRefusedUnlessItIsKnown() throws {
    try TemporaryFolder.with { folder in
      let tensors = TinyFlux2.original(prefix: "net.")
      let path = try folder.write(
        "stray.safetensors", tensors + [NamedTensor("ema.decay", [1], [0])])
      let found = message { _ = try Checkpoint.open(path) }
      #expect(found.hasPrefix("\(path): expected only weights of the network"), "\(found)")
      #expect(found.contains(": ema.decay\n"), "\(found)")
    }
  }

  @Test func aSettingOfAnotherKindIsRefused() throws {
    try TemporaryFolder.with { folder in
      let part = try folder.makeFolder("text_encoder")
      try folder.write("text_encoder/model.safetensors", try encoder(""))
      for value in ["\"much\"", "[1]", "true", "{}", "1e999"] {
        try folder.write(
          "text_encoder/config.json",
          #"{"architectures": ["Qwen3ForCausalLM"], "rope_theta": \#(value)}"#)
        let found = message { _ = try Checkpoint.open(part) }
        #expect(found.hasPrefix("\(part)/config.json: rope_theta: expected "), "\(value): \(found)")
      }
    }
  }
}
