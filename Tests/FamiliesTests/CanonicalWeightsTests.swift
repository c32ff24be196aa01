import Families
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct CanonicalWeightsTests {
  private static let configuration = Flux2Configuration(
    headCount: 2, headSize: 8, doubleBlockCount: 2, singleBlockCount: 2, textSize: 24,
    inputChannels: 8, outputChannels: 8, feedForwardSize: 48, rotaryAxes: [2, 2, 2, 2],
    rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 32, hasGuidance: true
  ).component

  /// The network in every way a file may name it; the first is the suite's own.
  private static let layouts = [
    TinyFlux2.diffusers(), TinyFlux2.original(),
    TinyFlux2.original(prefix: "model.diffusion_model."), TinyFlux2.original(norm: "weight"),
    TinyFlux2.original(prefix: "model.diffusion_model.", norm: "weight"),
  ]

  private func canonical(_ tensors: [NamedTensor]) throws -> CanonicalWeights {
    let source = WeightsInMemory(tensors, origin: "tiny.safetensors")
    return try CanonicalWeights(
      source, identity: source.identity(), configuration: Self.configuration)
  }

  @Test(arguments: layouts.indices) func everyLayoutHasTheSameValues(layout: Int) throws {
    let weights = try canonical(Self.layouts[layout])
    #expect(weights.weights.map(\.name) == Self.configuration.weights.map(\.name))
    for tensor in TinyFlux2.diffusers() {
      #expect(try weights.values(of: tensor.name) == tensor.values, "\(tensor.name)")
      #expect(weights.weight(named: tensor.name)?.shape.extents == tensor.extents)
    }
    #expect(weights.weights.count == TinyFlux2.diffusers().count)
  }

  /// Fused parts, whole matrices, vectors and the swapped halves, whose middle some ranges cross.
  @Test(
    arguments: layouts.indices,
    [
      "transformer_blocks.1.attn.to_q.weight", "transformer_blocks.1.attn.to_v.weight",
      "transformer_blocks.0.attn.add_k_proj.weight", "norm_out.linear.weight",
      "proj_out.weight", "transformer_blocks.0.attn.norm_added_k.weight",
      "single_transformer_blocks.1.attn.norm_q.weight",
    ])
  func everyRangeOfRowsDecodesToItsRows(layout: Int, name: String) throws {
    let weights = try canonical(Self.layouts[layout])
    let tensor = try #require(TinyFlux2.diffusers().first { $0.name == name })
    let shape = Shape(tensor.extents)
    for first in 0...shape.rows {
      for end in first...shape.rows {
        let expected = tensor.values[first * shape.columns..<end * shape.columns]
        #expect(try weights.values(of: name, rows: first..<end) == Array(expected))
      }
    }
  }

  @Test func bytesOfFusedWeightsAreSharedAmongTheirParts() throws {
    for tensors in Self.layouts {
      let weights = try canonical(tensors)
      #expect(weights.weights.storedByteCount == tensors.reduce(0) { $0 + 4 * $1.values.count })
      #expect(weights.weights.allSatisfy { $0.storedByteCount == 4 * $0.shape.count })
      #expect(weights.weights.allSatisfy { $0.encoding == "F32" })
    }
  }

  @Test func aNameThatIsNotOfTheNetworkHasNoWeight() throws {
    let weights = try canonical(TinyFlux2.original())
    #expect(weights.weight(named: "img_in.weight") == nil)
    #expect(weights.weight(named: "x_embedder.weight") != nil)
    #expect(weights.origin == "tiny.safetensors")
  }

  @Test func theFixtureIsCanonicalAlready() throws {
    let source = try SafetensorsCheckpoint.open(Fixture.kleinTransformer)
    let weights = try CanonicalWeights(
      source, identity: source.identity(), configuration: FixtureConfiguration.read().component)
    #expect(weights.weights.count == 113)
    for weight in weights.weights {
      #expect(weight == source.weight(named: weight.name))
    }
    let name = "norm_out.linear.weight"
    #expect(try weights.values(of: name) == source.values(of: name))
  }

  // MARK: What is not the network

  @Test func missingWeightsAreNamed() throws {
    let name = "single_blocks.1.linear2.weight"
    let tensors = TinyFlux2.original().filter { $0.name != name }
    #expect(throws: FamilyFailure.missing(origin: "tiny.safetensors", names: [name])) {
      try canonical(tensors)
    }
    #expect(
      message { _ = try canonical(tensors) } == """
        tiny.safetensors: expected every weight of the network, found 1 missing: \(name)
        The download may be incomplete; fetch the missing shards again.
        """)
  }

  @Test func aMissingFusedWeightIsOneTensor() throws {
    let name = "double_blocks.1.txt_attn.qkv.weight"
    let tensors = TinyFlux2.original().filter { $0.name != name }
    #expect(throws: FamilyFailure.missing(origin: "tiny.safetensors", names: [name])) {
      try canonical(tensors)
    }
  }

  @Test func manyMissingWeightsAreCounted() throws {
    let kept = ["single_stream_modulation.lin.weight", "img_in.weight"]
    let tensors = TinyFlux2.original().filter { kept.contains($0.name) }
    let found = message { _ = try canonical(tensors) }
    // Of 43 tensors two are there; five of the others are named.
    #expect(found.contains("found 41 missing: txt_in.weight, "), "\(found)")
    #expect(found.contains(" and 36 more\n"), "\(found)")
  }

  @Test func unexpectedWeightsAreNamed() throws {
    let tensors = TinyFlux2.diffusers() + [NamedTensor("ema.decay", [1], [0.5])]
    #expect(throws: FamilyFailure.unexpected(origin: "tiny.safetensors", names: ["ema.decay"])) {
      try canonical(tensors)
    }
    #expect(
      message { _ = try canonical(tensors) }.hasPrefix(
        "tiny.safetensors: expected only weights of the network, found 1 others: ema.decay\n"))
  }

  @Test func aNormUnderBothItsNamesIsOneTooMany() throws {
    let both =
      TinyFlux2.original()
      + TinyFlux2.original(norm: "weight").filter {
        $0.name == "single_blocks.0.norm.key_norm.weight"
      }
    #expect(
      throws: FamilyFailure.unexpected(
        origin: "tiny.safetensors", names: ["single_blocks.0.norm.key_norm.weight"])
    ) { try canonical(both) }
  }

  @Test func aWrongShapeIsNamedWithBothShapes() throws {
    var tensors = TinyFlux2.original()
    let index = try #require(
      tensors.firstIndex { $0.name == "double_blocks.0.img_attn.qkv.weight" })
    // Its values as two parts instead of three, then a part too many.
    for extents in [[32, 24], [64, 12], [768], [48, 4, 4]] {
      tensors[index].extents = extents
      #expect(
        throws: FamilyFailure.wrongShape(
          origin: "tiny.safetensors", name: "double_blocks.0.img_attn.qkv.weight",
          expected: Shape([48, 16]), found: Shape(extents))
      ) { try canonical(tensors) }
    }
    #expect(
      message { _ = try canonical(tensors) }.hasPrefix(
        "tiny.safetensors: tensor \"double_blocks.0.img_attn.qkv.weight\": "
          + "expected shape [48, 16], found [48, 4, 4]\n"))
  }

  @Test func anotherFamilyIsNoFlux2() throws {
    let weights = try SafetensorsCheckpoint.open("\(Fixture.klein)/text_encoder").component()
    #expect(
      message { _ = try weights.flux2() } == """
        \(weights.origin): expected a FLUX.2 transformer, found a Qwen3 text encoder
        It can be inspected, converted and quantized; only FLUX.2 transformers are run.
        """)
  }
}
