import Conversion
import Families
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// The tiny network in a layout, as stated by hand in TestSupport.
private func tensors(_ layout: Layout) -> [NamedTensor] {
  switch layout {
  case .diffusers: TinyFlux2.diffusers()
  case .original: TinyFlux2.original()
  case .comfyUI: TinyFlux2.original(prefix: "model.diffusion_model.")
  case .alternate: preconditionFailure("FLUX.2 has no other names")
  }
}

private func convert(
  _ source: String, to layout: Layout, _ output: String, type: ElementType? = nil,
  maximumFileSize: String? = nil
) throws -> ConversionJob.Outcome {
  try ConversionJob(
    model: source, output: output, layout: layout, type: type, maximumFileSize: maximumFileSize
  ).run()
}

@Suite struct LayoutConversionTests {
  static let layouts: [Layout] = [.diffusers, .original, .comfyUI]

  @Test(arguments: layouts, layouts)
  func everyLayoutBecomesEveryOther(source: Layout, target: Layout) throws {
    try TemporaryFolder.with { folder in
      try folder.write("source.safetensors", tensors(source))
      let outcome = try convert(
        folder.path("source.safetensors"), to: target, folder.path("target.safetensors"))
      #expect(outcome.overflowCounts.allSatisfy { $0 == 0 })
      let found = try SafetensorsCheckpoint.open(folder.path("target.safetensors"))
      let expected = tensors(target)
      #expect(Set(found.weights.map(\.name)) == Set(expected.map(\.name)))
      for tensor in expected {
        #expect(found.weight(named: tensor.name)?.shape.extents == tensor.extents)
        let values = try found.values(of: tensor.name)
        #expect(values == tensor.values, "\(tensor.name)")
      }
    }
  }

  @Test(arguments: layouts, layouts)
  func thereAndBackIsTheSameFile(source: Layout, target: Layout) throws {
    try TemporaryFolder.with { folder in
      try folder.write("first.safetensors", tensors(source))
      // Written once by the converter itself, so that the metadata are what it writes.
      _ = try convert(
        folder.path("first.safetensors"), to: source, folder.path("a.safetensors"))
      _ = try convert(folder.path("a.safetensors"), to: target, folder.path("b.safetensors"))
      _ = try convert(folder.path("b.safetensors"), to: source, folder.path("c.safetensors"))
      let (before, after) = (try folder.read("a.safetensors"), try folder.read("c.safetensors"))
      #expect(before == after)
    }
  }

  @Test func newerNormNamesAreRead() throws {
    try TemporaryFolder.with { folder in
      try folder.write("source.safetensors", TinyFlux2.original(norm: "weight"))
      _ = try convert(
        folder.path("source.safetensors"), to: .original, folder.path("target.safetensors"))
      let found = try SafetensorsCheckpoint.open(folder.path("target.safetensors"))
      #expect(Set(found.weights.map(\.name)) == Set(TinyFlux2.original().map(\.name)))
    }
  }

  /// Recounted here from the plan's runs: every row of every source tensor, once.
  @Test(arguments: layouts, layouts)
  func everySourceRowIsUsedOnce(source: Layout, target: Layout) throws {
    try TemporaryFolder.with { folder in
      try folder.write("source.safetensors", tensors(source))
      let job = try ConversionJob(
        model: folder.path("source.safetensors"), output: folder.path("x.safetensors"),
        layout: target, type: nil, maximumFileSize: nil)
      var uses: [String: [Int]] = [:]
      for tensor in tensors(source) {
        // Of a vector, elements count as rows.
        uses[tensor.name] = [Int](repeating: 0, count: Shape(tensor.extents).sliceCount)
      }
      for run in job.plan.layout.tensors.flatMap(\.runs) {
        for row in run.rows { uses[run.source]?[row] += 1 }
      }
      #expect(uses.values.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test func theLedgerSaysWhatBecameOfATensor() throws {
    try TemporaryFolder.with { folder in
      try folder.write("source.safetensors", tensors(.original))
      func changes(_ layout: Layout) throws -> [String: RowChange] {
        let job = try ConversionJob(
          model: folder.path("source.safetensors"), output: folder.path("x.safetensors"),
          layout: layout, type: nil, maximumFileSize: nil)
        return Dictionary(
          uniqueKeysWithValues: job.plan.layout.tensors.map { ($0.name, $0.change) })
      }
      let diffusers = try changes(.diffusers)
      #expect(diffusers["transformer_blocks.1.attn.to_k.weight"] == .split)
      #expect(diffusers["norm_out.linear.weight"] == .swapped)
      #expect(diffusers["proj_out.weight"] == .renamed)
      let original = try changes(.original)
      #expect(original.values.allSatisfy { $0 == .kept })
      try folder.write("diffusers.safetensors", tensors(.diffusers))
      let fused = try ConversionJob(
        model: folder.path("diffusers.safetensors"), output: folder.path("x.safetensors"),
        layout: .original, type: nil, maximumFileSize: nil
      ).plan.layout.tensors.first { $0.name == "double_blocks.0.txt_attn.qkv.weight" }
      #expect(fused?.change == .fused)
      #expect(
        fused?.runs.map(\.source) == [
          "transformer_blocks.0.attn.add_q_proj.weight",
          "transformer_blocks.0.attn.add_k_proj.weight",
          "transformer_blocks.0.attn.add_v_proj.weight",
        ])
    }
  }

  @Test func theTrainedModelComesBackBitForBit() throws {
    try TemporaryFolder.with { folder in
      _ = try convert(Fixture.klein, to: .comfyUI, folder.path("a.safetensors"))
      _ = try convert(
        folder.path("a.safetensors"), to: .diffusers, folder.path("b"), maximumFileSize: "9MB")
      let before = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
      let after = try SafetensorsCheckpoint.open(folder.path("b"))
      #expect(after.weights.count == before.weights.count)
      for weight in before.weights {
        let expected = try bytes(of: weight.name, in: before)
        let found = try bytes(of: weight.name, in: after)
        #expect(found == expected, "\(weight.name)")
      }
    }
  }

  private func bytes(of name: String, in checkpoint: SafetensorsCheckpoint) throws -> [UInt8] {
    let (file, tensor) = try #require(checkpoint.tensor(named: name))
    var bytes = [UInt8](repeating: 0, count: tensor.byteRange.count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try file.read(tensor, at: 0, into: &output)
    return bytes
  }
}
