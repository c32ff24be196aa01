import Checkpoints
import Conversion
import Failures
import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct PrecisionTests {
  /// The tiny network; `replace` may store a tensor in another way, with others beside it.
  private func job(
    _ folder: TemporaryFolder, _ tensors: [NamedTensor] = TinyFlux2.original(),
    layout: Layout = .original, type: ElementType? = nil, dequantizing: Bool = true,
    output: String = "out.safetensors",
    replace: (NamedTensor) -> [StoredTensor]?
  ) throws -> ConversionJob {
    let stored = tensors.flatMap { tensor in
      replace(tensor) ?? [StoredTensor(tensor.name, tensor.extents, float32: tensor.values)]
    }
    try folder.makeFolder("source")
    try folder.write(
      "source/diffusion_pytorch_model.safetensors", SafetensorsBytes.file(stored: stored))
    return try ConversionJob(
      model: folder.path("source"), output: folder.path(output), layout: layout, type: type,
      dequantizing: dequantizing, maximumFileSize: nil)
  }

  private func coded(_ tensor: NamedTensor) -> [StoredTensor]? {
    guard tensor.name.hasSuffix("qkv.weight") else { return nil }
    let layer = tensor.name.dropLast(".weight".count)
    return [
      StoredTensor(
        tensor.name, tensor.extents,
        codes: tensor.values.indices.map { Int8(truncatingIfNeeded: $0) }),
      StoredTensor(
        "\(layer).weight_scale", [tensor.extents[0]],
        float32: (0..<tensor.extents[0]).map { Float($0 + 1) }),
    ]
  }

  /// Codes up to 128 times scales up to 48 may need 14 bits: bfloat16 rounds some.
  @Test func codesBecomeBFloat16AndPlainTensorsStay() throws {
    try TemporaryFolder.with { folder in
      let job = try job(folder, replace: coded)
      _ = try job.run()
      #expect(job.sourceNoise?.tensors.count == 4)
      let found = try SafetensorsCheckpoint.open(job.output)
      for weight in found.weights {
        let isCoded = weight.name.hasSuffix("qkv.weight")
        #expect(weight.encoding == (isCoded ? "BF16" : "F32"), "\(weight.name)")
        guard isCoded else { continue }
        let columns = weight.shape.columns
        let values = try found.values(of: weight.name)
        for index in values.indices {
          let code = Float(Int8(truncatingIfNeeded: index))
          let value = code * Float(index / columns + 1)
          let nearest = abs(values[index] - value)
          // Half of one unit in the last of eight bits.
          #expect(nearest <= abs(value) * 0x1p-8, "\(weight.name) \(index)")
        }
      }
      #expect(found.weights.count == TinyFlux2.original().count)
    }
  }

  @Test func codesAreRefusedWhereNothingSaysThatTheyShallBecomeValues() throws {
    try TemporaryFolder.with { folder in
      let failure = #expect(throws: ConversionFailure.self) {
        _ = try job(folder, dequantizing: false, replace: coded)
      }
      #expect(
        failure
          == .holdsCodes(
            path: folder.path("source"), found: ["4 tensors I8 with one scale a row"]))
      #expect(failure?.kind == .usage)
      #expect(failure.map { "\($0)" }?.contains("--dequantize or --dtype") == true)
    }
  }

  @Test func rowsTakeTheirScalesToAnotherLayout() throws {
    try TemporaryFolder.with { folder in
      let job = try job(folder, layout: .diffusers, type: .float32, replace: coded)
      _ = try job.run()
      let found = try SafetensorsCheckpoint.open(job.output)
      let values = try found.values(of: "transformer_blocks.1.attn.to_v.weight")
      let width = TinyFlux2.width
      let expected = (0..<width * width).map { index in
        let whole = index + 2 * width * width
        return Float(Int8(truncatingIfNeeded: whole)) * Float(whole / width + 1)
      }
      #expect(values == expected)
    }
  }

  @Test func doublesAreRoundedOnceAndTheirOverflowsCounted() throws {
    let planted = [1 + 0x1p-8 + 0x1p-40, 1e300, -0x1.ffp127, 3e38]
    // bfloat16 has 0x1.c4p127 next to 3e38; 2⁻⁴⁰ decides the first tie.
    let cases: [(ElementType, [Float], Int)] = [
      (.bfloat16, [1 + 0x1p-7, .infinity, -.infinity, 0x1.c4p127], 2),
      (.float32, [1 + 0x1p-8, .infinity, -0x1.ffp127, 3e38], 1),
      (.float16, [1 + 0x1p-8, .infinity, -.infinity, .infinity], 3),
    ]
    for (type, expected, count) in cases {
      try TemporaryFolder.with { folder in
        let job = try job(folder, type: type) { tensor in
          var values = tensor.values.map(Double.init)
          if tensor.name == "img_in.weight" { values.replaceSubrange(0..<4, with: planted) }
          return [StoredTensor(tensor.name, tensor.extents, float64: values)]
        }
        let outcome = try job.run()
        let found = try SafetensorsCheckpoint.open(job.output).values(of: "img_in.weight")
        #expect(Array(found[0..<4]) == expected)
        let place = try #require(
          job.plan.layout.tensors.firstIndex { $0.name == "img_in.weight" })
        #expect(outcome.overflowCounts[place] == count, "\(type)")
      }
    }
  }

  @Test func theOddPartsOfAFusedTensorAreNamed() throws {
    try TemporaryFolder.with { folder in
      let odd = "transformer_blocks.1.attn.to_v.weight"
      let failure = #expect(throws: ConversionFailure.self) {
        _ = try job(folder, TinyFlux2.diffusers()) { tensor in
          guard tensor.name == odd else { return nil }
          return [
            StoredTensor(tensor.name, tensor.extents, float64: tensor.values.map(Double.init))
          ]
        }
      }
      #expect(
        failure
          == .mixedTypes(
            origin: folder.path("source"), target: "double_blocks.1.img_attn.qkv.weight",
            found: ["F32", "F64 in \"\(odd)\""]))
    }
  }

  @Test func aConfigurationOfValuesDoesNotSpeakOfCodes() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("source")
      try folder.write(
        "source/config.json",
        TinyFlux2.configuration(replacing: [
          "quantization_config": "{\"load_in_8bit\": true}", "mine": "1",
        ]))
      let job = try job(
        folder, TinyFlux2.diffusers(), layout: .diffusers, output: "out"
      ) { tensor in
        guard tensor.name.hasSuffix("to_q.weight") else { return nil }
        let layer = tensor.name.dropLast(".weight".count)
        return [
          StoredTensor(
            tensor.name, tensor.extents, codes: tensor.values.map { _ in 127 }),
          StoredTensor(
            "\(layer).SCB", [tensor.extents[0]],
            float32: [Float](repeating: 2, count: tensor.extents[0])),
        ]
      }
      _ = try job.run()
      let text = try folder.read("out/config.json")
      let document = try JSONField.parse(text, document: "config.json")
      #expect(try document.optional("quantization_config") == nil)
      #expect(try document["mine"].integer() == 1)
      let values = try Checkpoint.open(folder.path("out")).weights.values(
        of: "transformer_blocks.0.attn.to_q.weight")
      // 127 · (2 / 127) is within a unit in the last place of 2, which bfloat16 makes 2.
      #expect(values.allSatisfy { $0 == 2 })
    }
  }
}
