import Bundles
import Failures
import Families
import Quantization
import Recipes
import Storage
import TestSupport
import Testing

@Suite struct RelayoutRefusalTests {
  /// Keys get another treatment than queries and values, which only the diffusers layout has apart.
  private static let mixedParts = Recipe(
    name: "mixed-parts", summary: "",
    rules: [
      Rule(match: "*.attn.*.weight", treatment: .quantize(.usual), reason: "a"),
      Rule(match: "*.attn.norm_*", treatment: .keep, reason: "b"),
      Rule(match: "*.attn.to_k.weight", treatment: .keep, reason: "c"),
    ], thresholds: Thresholds())

  @Test func partsWithDifferentTreatmentAreNotFused() throws {
    let weights = try SyntheticWeights().canonical()
    let assignment = try Assignment(Self.mixedParts, to: weights)
    for layout in [Layout.original, .comfyUI] {
      let failure = #expect(throws: BundleFailure.self) {
        _ = try BundlePlan(
          assignment, configuration: weights.configuration, layout: layout)
      }
      #expect(failure?.kind == .usage)
      let description = failure?.description ?? ""
      for part in [
        "recipe \"mixed-parts\"", "double_blocks.0.img_attn.qkv.weight",
        "\"transformer_blocks.0.attn.to_q.weight\" as int4",
        "\"transformer_blocks.0.attn.to_k.weight\" as BF16 by rule \"*.attn.to_k.weight\"",
      ] {
        #expect(description.contains(part), "\(description)")
      }
    }
    try TemporaryFolder.with { folder in
      try folder.quantize(weights, Self.mixedParts, .diffusers, to: "a.mmdit")
      let failure = #expect(throws: BundleFailure.self) {
        _ = try RelayoutJob(
          bundle: folder.path("a.mmdit"), output: folder.path("b.mmdit"), layout: .original)
      }
      #expect(failure?.kind == .badData)
      #expect(
        failure?.description.contains("\"double_blocks.0.img_attn.qkv.weight\"") == true)
      // Under its own names nothing is fused.
      try RelayoutJob(
        bundle: folder.path("a.mmdit"), output: folder.path("b.mmdit"), layout: .diffusers
      ).run()
      #expect(try folder.read("a.mmdit") == folder.read("b.mmdit"))
    }
  }

  /// A byte of each segment, changed: nothing is written, and the failure names tensor and segment.
  @Test(arguments: Layout.written, [false, true])
  func aDamagedSourceIsNotPassedOn(source: Layout, compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let weights = try RelayoutNetworks.weights("flux1")
      let path = try folder.quantize(
        weights, relayoutRecipe("asymmetric", for: weights), source, to: "a.mmdit",
        compress: compress)
      let bytes = try folder.read("a.mmdit")
      let target = source == .original ? Layout.diffusers : .original
      for tensor in try Bundle.open(path).header.tensors {
        for segment in tensor.segments {
          var changed = bytes
          changed[segment.runs[0].end - 1] ^= 0x10
          try folder.write("a.mmdit", changed)
          let failure = #expect(throws: BundleFailure.self) {
            try RelayoutJob(
              bundle: path, output: folder.path("b.mmdit"), layout: target
            ).run()
          }
          let place = "\(path): tensor \"\(tensor.name)\": \(segment.kind.rawValue)"
          #expect(
            failure?.description.contains(place) == true, "\(String(describing: failure))")
          #expect(try FileSystem.names(in: folder.path) == ["a.mmdit"])
        }
      }
    }
  }

  @Test func anOutputHasTheNameOfABundleAndIsAnotherFile() throws {
    try TemporaryFolder.with { folder in
      let path = try BundleBuilder.path(in: folder)
      for output in ["b.safetensors", "b"].map(folder.path) {
        #expect(throws: BundleFailure.outputNotABundle(path: output)) {
          _ = try RelayoutJob(bundle: path, output: output, layout: .original)
        }
      }
      #expect(throws: BundleFailure.outputIsSource(path: path)) {
        _ = try RelayoutJob(bundle: path, output: path, layout: .original)
      }
    }
  }

  /// Texts of the header, changed, under a right checksum.
  @Test(arguments: [
    ("\"layout\":\"diffusers\"", "\"layout\":\"alternate\"", "architecture.layout: expected"),
    ("\"layout\":\"diffusers\"", "\"layout\":\"bfl\"", "diffusers, original, ComfyUI"),
    ("\"layout\":\"diffusers\",", "", "layout"),
    // The tensors are those of another layout, and so none of the network's.
    ("\"layout\":\"diffusers\"", "\"layout\":\"original\"", "img_in.weight"),
    (
      "\"name\":\"x_embedder.weight\"", "\"name\":\"proj_out.weight\"",
      "tensors: expected \"proj_out.weight\" in block \"output\", found in \"embedders\""
    ),
  ])
  func aLayoutThatLies(text: String, replacement: String, message: String) throws {
    try TemporaryFolder.with { folder in
      let path = try BundleBuilder.path(in: folder)
      try BundleBuilder.rewriteHeader(of: path) { header in
        #expect(header.contains(text))
        return header.replacing(text, with: replacement, maxReplacements: 1)
      }
      let error = #expect(throws: (any Error).self) {
        _ = try Bundle.open(path).canonicalWeights()
      }
      let failure = try #require(error as? any DiagnosedFailure)
      #expect(failure.description.contains(message), "\(failure)")
      #expect(failure.kind == .badData)
    }
  }

  /// As many values as the matrix has, but no axes of one.
  @Test(arguments: ["[1024]", "[8,4,32]", "[32,32,2]"])
  func onlyAMatrixIsQuantized(shape: String) throws {
    try TemporaryFolder.with { folder in
      let path = try BundleBuilder.path(in: folder)
      try BundleBuilder.rewriteHeader(of: path) { header in
        header.replacing("\"shape\":[32,32],\"scheme\"", with: "\"shape\":\(shape),\"scheme\"")
      }
      let error = #expect(throws: (any Error).self) { _ = try Bundle.open(path) }
      #expect("\(String(describing: error))".contains("expected rows, columns"))
    }
  }
}

extension BundleBuilder {
  /// Writes the synthetic network in the diffusers layout and returns the bundle's path.
  fileprivate static func path(in folder: TemporaryFolder) throws -> String {
    let path = folder.path("a.mmdit")
    try write(to: path)
    return path
  }
}
