import Families
import Tensors
import TestSupport
import Testing

@Suite struct NearestFamilyTests {
  private func compare(_ tensors: [NamedTensor]) -> NearestFamily? {
    NearestFamily.of(WeightsInMemory(tensors))
  }

  /// The tiny network as an unknown program may have it: without the names that decide.
  private func unknown(prefix: String = "") -> [NamedTensor] {
    TinyFlux2.original(prefix: prefix).map { tensor in
      var tensor = tensor
      tensor.name = tensor.name.replacing("img_in.", with: "patch_in.")
      return tensor
    }
  }

  @Test(arguments: ["", "net."]) func whatIsRenamedIsMissingAndExtra(prefix: String) throws {
    let tensors = unknown(prefix: prefix)
    #expect(Identity.all(of: tensors.map(\.name)).isEmpty)
    let nearest = try #require(compare(tensors))
    #expect(nearest.family == .flux2)
    #expect(nearest.layout == .original)
    #expect(nearest.prefix == prefix)
    #expect(nearest.tensorCount == 43)
    #expect(nearest.matchCount == 42)
    #expect(nearest.missing == ["\(prefix)img_in.weight"])
    #expect(nearest.extra == ["\(prefix)patch_in.weight"])
    #expect(nearest.misshapen.isEmpty)
  }

  @Test func theMessageNamesEveryDifference() throws {
    var tensors = unknown().filter { $0.name != "final_layer.linear.weight" }
    let index = try #require(
      tensors.firstIndex { $0.name == "double_blocks.1.img_attn.proj.weight" })
    tensors[index].extents = [16, 8]
    tensors[index].values.removeLast(128)
    tensors.append(NamedTensor("ema.decay", [1], [0]))
    let nearest = try #require(compare(tensors))
    let failure = FamilyFailure.unrecognized(
      origin: "model.safetensors", sample: [], nearest: nearest)
    #expect(
      failure.description == """
        model.safetensors: expected a component of a known family, found names of none
        Nearest is a FLUX.2 transformer in the original layout: it has 41 of the file's 43 names. \
        Missing: img_in.weight, final_layer.linear.weight. Extra: patch_in.weight, ema.decay. \
        Mis-shaped: double_blocks.1.img_attn.proj.weight [16, 8] instead of [16, 16].
        """)
  }

  /// Tensors that tell sizes before others do, fused ones and one of a layer that is not the first.
  @Test(arguments: [
    "txt_in.weight", "time_in.in_layer.weight", "time_in.out_layer.weight",
    "single_stream_modulation.lin.weight", "double_blocks.0.img_attn.qkv.weight",
    "double_blocks.0.img_mlp.0.weight", "double_blocks.1.txt_mlp.2.weight",
    "single_blocks.1.linear1.weight", "double_blocks.0.txt_attn.norm.key_norm.scale",
  ])
  func theOneOfAnotherShapeIsFound(name: String) throws {
    var tensors = unknown()
    let index = try #require(tensors.firstIndex { $0.name == name })
    let shape = Shape(tensors[index].extents)
    tensors[index].extents[0] = 2 * shape.extents[0]
    tensors[index].values += tensors[index].values
    #expect(
      try #require(compare(tensors)).misshapen == [
        ShapeContradiction(
          name: name, expected: shape, found: Shape(tensors[index].extents))
      ])
  }

  @Test func aFamilyThatSharesMoreNamesIsNearer() throws {
    // FLUX.1 and FLUX.2 share the names of many layers.
    let flux1 = SmallNetworks.tensors(try SmallNetworks.flux1(), in: .original)
      .filter { $0.name != "vector_in.in_layer.weight" }
    let nearest = try #require(compare(flux1))
    #expect(nearest.family == .flux1)
    #expect(nearest.missing == ["vector_in.in_layer.weight"])
    #expect(nearest.extra.isEmpty)
    #expect(nearest.misshapen.isEmpty)
  }

  @Test func whatNoFamilyHasIsNearNone() {
    let tensors = [NamedTensor("alpha", [1], [0]), NamedTensor("lora.down", [1], [0])]
    #expect(compare(tensors) == nil)
    #expect(compare([]) == nil)
    let failure = FamilyFailure.unrecognized(
      origin: "model.safetensors", sample: tensors.map(\.name), nearest: nil)
    #expect(failure.description.contains("found names of none: alpha, lora.down\nKnown are: "))
    for family in Family.all { #expect(failure.description.contains(family.title)) }
  }
}
