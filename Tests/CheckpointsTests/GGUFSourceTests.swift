import Checkpoints
import Families
import GGUF
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// A GGUF file is a model like any other.
@Suite struct GGUFSourceTests {
  @Test func aFileOpensAsItsNetwork() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.writeGGUF("tiny.gguf")
      let checkpoint = try Checkpoint.open(path)
      let plain = try Checkpoint.open(
        folder.write("tiny.safetensors", TinyGGUF.tensors()))
      #expect(checkpoint.configuration == plain.configuration)
      #expect(checkpoint.weights.identity.layout == .original)
      #expect(checkpoint.files == [path])
      #expect(checkpoint.reads(path))
      #expect(checkpoint.companions.isEmpty)
      for weight in plain.weights.weights {
        #expect(
          try checkpoint.weights.values(of: weight.name) == plain.weights.values(of: weight.name),
          "\(weight.name)")
      }
    }
  }

  @Test func aSplitSetOpensAsOne() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.writeGGUF("tiny.gguf", maximumByteCount: 20_000)
      let checkpoint = try Model.open(path).mainComponent().checkpoint
      #expect(checkpoint.files.count > 1)
      #expect(checkpoint.files.allSatisfy(checkpoint.reads))
      let name = "proj_out.weight"
      let expected = TinyGGUF.tensors().first { $0.name == "final_layer.linear.weight" }?.values
      #expect(try checkpoint.weights.values(of: name) == expected)
    }
  }

  @Test func aFileIsKnownByItsFirstBytesToo() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.writeGGUF("tiny.bin")
      #expect(try Checkpoint.open(path).files == [path])
    }
  }

  @Test func encodingsTellBlocksFromValues() throws {
    try TemporaryFolder.with { folder in
      let source = try Checkpoint.open(folder.writeGGUF("tiny.gguf")).source
      let blocks = "time_in.in_layer.weight"
      #expect(source.plainType(of: blocks) == nil)
      #expect(source.encodingOfCodes(blocks) == "Q8_0")
      let norm = "double_blocks.0.img_attn.norm.query_norm.scale"
      #expect(source.plainType(of: norm) == .float32)
      #expect(source.encodingOfCodes(norm) == nil)
      #expect(source.plainType(of: "img_in.weight") == .bfloat16)
      var bytes = [UInt8](repeating: 0, count: 8)
      var span = bytes.mutableSpan
      var output = span.mutableRawBytes
      try source.read(norm, at: 4, into: &output)
      var values = [Float](repeating: 0, count: 2)
      var valueSpan = values.mutableSpan
      decodeElements(output.bytes, of: .float32, into: &valueSpan)
      #expect(try values == Array(source.values(of: norm)[1...2]))
    }
  }

  @Test func codesAreNamedAmongTheWeights() throws {
    try TemporaryFolder.with { folder in
      let noise = try #require(try Checkpoint.open(folder.writeGGUF("tiny.gguf")).statedNoise())
      let blocks = TinyGGUF.tensors().filter { TinyGGUF.type(of: $0) == .q80 }
      #expect(noise.encodings.map(\.encoding) == ["Q8_0"])
      #expect(noise.encodings.map(\.tensorCount) == [blocks.count])
      #expect(noise.decibels == nil)
    }
  }

  @Test func textsOfTheMetadataComeAlong() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.writeGGUF(
        "tiny.gguf",
        metadata: [
          "general.architecture": .string("flux"), "general.name": .string("tiny"),
          "general.quantization_version": .uint32(2), "general.license": .string("mit"),
          "comfy.gguf.orig_shape.none": .array(.int32([1])),
        ])
      let checkpoint = try Checkpoint.open(path)
      #expect(
        checkpoint.metadata == [
          .init(key: "general.name", value: "tiny"), .init(key: "general.license", value: "mit"),
        ])
      #expect(checkpoint.license == "mit")
    }
  }

  @Test func namesOfLlamaAreRefused() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.writeGGUF(
        "text.gguf",
        [
          NamedTensor("token_embd.weight", [4, 32], (0..<128).map { Float($0 % 100) }),
          NamedTensor("blk.0.attn_norm.weight", [4], [1, 2, 3, 4]),
        ], metadata: ["general.architecture": .string("llama")])
      let failure = #expect(throws: CheckpointFailure.self) { _ = try Checkpoint.open(path) }
      #expect(
        failure
          == .namesOfLlama(file: path, tensor: "blk.0.attn_norm.weight", architecture: "llama"))
      #expect(
        failure?.description == """
          \(path): tensor "blk.0.attn_norm.weight": expected names of a diffusion model or, of \
          llama.cpp's, those of "qwen3", found those of "llama"
          Others may have rows in another order; use the safetensors checkpoint that it was made from.
          """)
    }
  }

  @Test func aDamagedFileSaysSo() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("tiny.gguf", [1, 2, 3])
      #expect(throws: GGUFFailure.noMagic(file: path, found: [])) { _ = try Checkpoint.open(path) }
    }
  }
}
