import Conversion
import Families
import GGUF
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// GGUF files become safetensors like any other source.
@Suite struct GGUFConversionTests {
  @Test func blocksBecomeBFloat16AndPlainTensorsStayAsTheyAre() throws {
    try TemporaryFolder.with { folder in
      let source = try folder.writeGGUF("tiny.gguf", maximumByteCount: 20_000)
      let output = folder.path("out.safetensors")
      _ = try ConversionJob(
        model: source, output: output, layout: .original, type: nil, dequantizing: true,
        maximumFileSize: nil
      ).run()
      let found = try SafetensorsCheckpoint.open(output)
      #expect(found.weights.count == TinyGGUF.tensors().count)
      for tensor in TinyGGUF.tensors() {
        let type = TinyGGUF.type(of: tensor)
        #expect(
          found.weight(named: tensor.name)?.encoding == (type == .q80 ? "BF16" : type.name),
          "\(tensor.name)")
        #expect(try found.values(of: tensor.name) == tensor.values, "\(tensor.name)")
      }
    }
  }

  /// Rows of fused tensors and swapped halves are the same as those of the plain network.
  @Test func anotherLayoutHasTheSameValues() throws {
    try TemporaryFolder.with { folder in
      let plain = try folder.write("tiny.safetensors", TinyGGUF.tensors())
      let gguf = try folder.writeGGUF("tiny.gguf")
      for (source, output) in [(plain, "plain.safetensors"), (gguf, "gguf.safetensors")] {
        _ = try ConversionJob(
          model: source, output: folder.path(output), layout: .diffusers, type: .float32,
          maximumFileSize: nil
        ).run()
      }
      let expected = try SafetensorsCheckpoint.open(folder.path("plain.safetensors"))
      let found = try SafetensorsCheckpoint.open(folder.path("gguf.safetensors"))
      #expect(found.weights == expected.weights)
      for weight in expected.weights {
        #expect(try found.values(of: weight.name) == expected.values(of: weight.name))
      }
    }
  }
}
