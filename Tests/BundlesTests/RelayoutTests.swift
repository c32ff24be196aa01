import Bundles
import Families
import Parallel
import Quantization
import Recipes
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// A recipe by its built-in name, or one with zero points.
func relayoutRecipe(_ name: String, for weights: CanonicalWeights) throws -> Recipe {
  guard name == "asymmetric" else { return try Recipe.named(name, for: weights) }
  let scheme = Scheme(
    .int4, group: .columns16, symmetry: .asymmetric, scaleType: .float16)
  // Whatever is a matrix in the layout of diffusers, and so all parts of every fused tensor.
  let rules = weights.weights.filter { $0.shape.extents.count == 2 }.map {
    Rule(match: NamePattern($0.name), treatment: .quantize(scheme), reason: "a matrix")
  }
  return Recipe(name: name, summary: "", rules: rules, thresholds: Thresholds())
}

extension TemporaryFolder {
  /// Quantizes weights to a bundle of a layout and returns its path.
  @discardableResult
  func quantize(
    _ weights: CanonicalWeights, _ recipe: Recipe, _ layout: Layout, to name: String,
    compress: Bool = false
  ) throws -> String {
    let plan = try BundlePlan(
      Assignment(recipe, to: weights), configuration: weights.configuration, layout: layout)
    _ = try Bundles.quantize(
      weights, as: plan, provenance: BundleBuilder.provenance, to: path(name), compress: compress,
      threads: 2)
    return path(name)
  }
}

@Suite struct RelayoutTests {
  static let recipes = ["int8", "int4", "int4-g64", "mixed", "keep", "asymmetric"]

  /// Every layout becomes every other, itself too, and is then what quantizing to it writes; so
  /// there and back is the same file.
  @Test(arguments: RelayoutNetworks.names, recipes)
  func aBundleInAnotherLayoutIsTheOneQuantizedToIt(network: String, recipe: String) throws {
    let weights = try RelayoutNetworks.weights(network)
    let recipe = try relayoutRecipe(recipe, for: weights)
    try TemporaryFolder.with { folder in
      for compress in [false, true] {
        for layout in Layout.written {
          try folder.quantize(
            weights, recipe, layout, to: "\(layout).mmdit", compress: compress)
        }
        for source in Layout.written {
          for target in Layout.written {
            try RelayoutJob(
              bundle: folder.path("\(source).mmdit"), output: folder.path("other.mmdit"),
              layout: target
            ).run(threads: compress ? 1 : 2)
            let (found, expected) = try (
              folder.read("other.mmdit"), folder.read("\(target).mmdit")
            )
            #expect(found == expected, "\(source) to \(target), compressed: \(compress)")
          }
        }
        #expect(try folder.read("original.mmdit") != folder.read("diffusers.mmdit"))
      }
    }
  }

  @Test(arguments: RelayoutNetworks.names)
  func everyLayoutHasTheSameValues(network: String) throws {
    let weights = try RelayoutNetworks.weights(network)
    let recipe = try relayoutRecipe("asymmetric", for: weights)
    try TemporaryFolder.with { folder in
      let diffusers = try Bundle.open(
        folder.quantize(weights, recipe, .diffusers, to: "a.mmdit"))
      for layout in [Layout.original, .comfyUI] {
        let bundle = try Bundle.open(folder.quantize(weights, recipe, layout, to: "b.mmdit"))
        try bundle.check()
        let expected = weights.configuration.tensors(in: layout)
        #expect(bundle.weights.map(\.name) == expected.map(\.name))
        #expect(bundle.weights.map(\.shape) == expected.map(\.shape))
        #expect(bundle.header.layout == layout)
        let canonical = try bundle.canonicalWeights()
        for weight in weights.weights {
          let found = try canonical.values(of: weight.name)
          let values = try diffusers.values(of: weight.name)
          #expect(found == values, "\(layout): \(weight.name)")
        }
      }
    }
  }

  /// The same network, read from a file that has its parts fused.
  @Test func theLayoutOfTheSourceDecidesNothing() throws {
    func weights(_ tensors: [NamedTensor], _ layout: Layout) throws -> CanonicalWeights {
      try CanonicalWeights(
        WeightsInMemory(tensors),
        identity: Identity(of: .flux2, written: layout, evidence: []),
        configuration: Flux2Configuration(
          headCount: 2, headSize: 8, doubleBlockCount: 2, singleBlockCount: 2, textSize: 24,
          inputChannels: 8, outputChannels: 8, feedForwardSize: 48, rotaryAxes: [2, 2, 2, 2],
          rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 32, hasGuidance: true
        ).component)
    }
    let apart = try weights(TinyFlux2.diffusers(), .diffusers)
    let fused = try weights(
      TinyFlux2.original(prefix: "model.diffusion_model."), .comfyUI)
    try TemporaryFolder.with { folder in
      for layout in Layout.written {
        let recipe = try relayoutRecipe("mixed", for: apart)
        try folder.quantize(apart, recipe, layout, to: "a.mmdit")
        try folder.quantize(fused, recipe, layout, to: "b.mmdit")
        #expect(try folder.read("a.mmdit") == folder.read("b.mmdit"))
      }
    }
  }

  @Test(arguments: [("int4-g64", true), ("mixed", false)])
  func theTrainedModelIsMovedBitForBit(recipe: String, compress: Bool) throws {
    try TemporaryFolder.with { folder in
      func quantize(_ layout: Layout, to name: String) throws {
        let job = try QuantizationJob(
          model: Fixture.klein, recipe: recipe, layout: layout, threads: 2)
        _ = try job.run(output: folder.path(name), compress: compress, producer: "test")
      }
      try quantize(.diffusers, to: "a.mmdit")
      try quantize(.original, to: "b.mmdit")
      func move(_ source: String, to layout: Layout) throws -> [UInt8] {
        try RelayoutJob(
          bundle: folder.path(source), output: folder.path("c.mmdit"), layout: layout
        ).run()
        return try folder.read("c.mmdit")
      }
      let (there, back) = try (
        move("a.mmdit", to: .original), move("b.mmdit", to: .diffusers)
      )
      #expect(try there == folder.read("b.mmdit"))
      #expect(try back == folder.read("a.mmdit"))
    }
  }

  /// Rows of another layout are other bytes, even where they stand at the same place.
  @Test(arguments: [(Layout.diffusers, true), (.original, false)])
  func whatWasFinishedInAnotherLayoutIsNotGoneOnWith(layout: Layout, isTaken: Bool) throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("a")
      try folder.write("a/model.safetensors", TinyFlux2.diffusers())
      func run(_ layout: Layout, stoppingAfter count: Int) throws -> Int {
        let job = try QuantizationJob(
          model: folder.path("a"), recipe: "int8", layout: layout, threads: 1)
        return try job.run(
          output: folder.path("out"), compress: false, resuming: true, producer: "test",
          monitor: RecordingMonitor(stoppingAfter: count).monitor
        ).takenOverByteCount
      }
      #expect(throws: Cancelled.self) { try run(.diffusers, stoppingAfter: 12) }
      let taken = try run(layout, stoppingAfter: .max)
      #expect((taken > 0) == isTaken)
    }
  }

  @Test func unpackingKeepsTheLayout() throws {
    try TemporaryFolder.with { folder in
      let weights = try RelayoutNetworks.weights("flux2")
      let bundle = try Bundle.open(
        folder.quantize(
          weights, relayoutRecipe("int8", for: weights), .original, to: "a.mmdit"))
      try unpack(bundle, to: folder.path("a.safetensors"), as: .float32)
      let unpacked = try SafetensorsCheckpoint.open(folder.path("a.safetensors"))
      #expect(Set(unpacked.weights.map(\.name)) == Set(bundle.weights.map(\.name)))
      for weight in bundle.weights {
        let (found, expected) = try (
          unpacked.values(of: weight.name), bundle.values(of: weight.name)
        )
        #expect(found == expected, "\(weight.name)")
      }
    }
  }
}
