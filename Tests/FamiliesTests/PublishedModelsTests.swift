import Families
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The tables against the names, shapes and configurations that diffusers and transformers gave.
@Suite struct PublishedModelsTests {
  /// What each fixture is: its family, its variant, and the layout of what `save_pretrained` writes.
  private static let models: [String: (family: Family, variant: String, layout: Layout)] = [
    "autoencoder-flux1": (.autoencoder, "autoencoder of FLUX.1 or Stable Diffusion 3", .diffusers),
    "autoencoder-flux2": (.flux2Autoencoder, "FLUX.2 autoencoder", .diffusers),
    "autoencoder-flux2-small-decoder": (
      .flux2Autoencoder, "FLUX.2 autoencoder with the small decoder", .diffusers
    ),
    "autoencoder-sd3": (.autoencoder, "autoencoder of FLUX.1 or Stable Diffusion 3", .diffusers),
    "clip-g": (.clip, "CLIP-G with projection", .diffusers),
    // Newer versions of transformers leave out `text_model.`, most files have it.
    "clip-l": (.clip, "CLIP-L", .alternate),
    "clip-l-projection": (.clip, "CLIP-L with projection", .diffusers),
    "flux1-dev": (.flux1, "FLUX.1 [dev] 12B", .diffusers),
    "flux1-schnell": (.flux1, "FLUX.1 [schnell] 12B", .diffusers),
    "flux2-dev": (.flux2, "FLUX.2 [dev] 32B", .diffusers),
    "flux2-klein-4b": (.flux2, "FLUX.2 [klein] 4B", .diffusers),
    "flux2-klein-9b": (.flux2, "FLUX.2 [klein] 9B", .diffusers),
    "mistral-small-3.2-24b": (.mistral3, "Mistral Small 3 24B", .diffusers),
    "qwen3-4b": (.qwen3, "Qwen3 4B", .diffusers),
    "qwen3-8b": (.qwen3, "Qwen3 8B", .diffusers),
    "sd3-medium": (.stableDiffusion3, "Stable Diffusion 3 medium", .diffusers),
    "sd3.5-large": (.stableDiffusion3, "Stable Diffusion 3.5 large", .diffusers),
    "sd3.5-medium": (.stableDiffusion3, "Stable Diffusion 3.5 medium", .diffusers),
    "t5-xxl": (.t5, "T5 XXL encoder", .diffusers),
  ]

  private func component(
    _ shapes: [String: Shape], stated: JSONField? = nil
  ) throws -> CanonicalWeights {
    try WeightsInMemory(shapes: shapes, origin: "model.safetensors").component(stated: stated)
  }

  private func shapes(_ weights: CanonicalWeights) -> [String: Shape] {
    Dictionary(uniqueKeysWithValues: weights.weights.map { ($0.name, $0.shape) })
  }

  @Test func everyFixtureIsTestedAndEveryVariantHasOne() {
    #expect(Set(PublishedComponent.names) == Set(Self.models.keys))
    let variants = Family.all.flatMap { $0.variants.map(\.title) }
    #expect(Set(variants) == Set(Self.models.values.map(\.variant)))
  }

  @Test(arguments: models.keys.sorted()) func namesAndShapesAreRecognised(name: String) throws {
    let model = try #require(Self.models[name])
    let published = try PublishedComponent(name)
    for stated in [nil, published.config, published.publishedConfig] {
      let found = try component(published.tensors, stated: stated)
      #expect(found.identity.family == model.family)
      #expect(found.identity.layout == model.layout)
      #expect(found.identity.prefix == "")
      #expect(found.configuration.variant?.title == model.variant)
      #expect(found.dropped.isEmpty)
      #expect(found.sourceWeights.count == published.tensors.count)
      #expect(found.weights.weightCount == published.parameterCount)
    }
  }

  @Test(arguments: models.keys.sorted()) func theTableHasTheirTensors(name: String) throws {
    let model = try #require(Self.models[name])
    let published = try PublishedComponent(name)
    let variant = try #require(model.family.variants.first { $0.title == model.variant })
    let configuration = variant.configuration(of: model.family)
    // Of the two layouts of CLIP-L without projection only one is written.
    let expected =
      model.layout == .diffusers
      ? published.tensors
      : try #require(published.alsoLoads.first).tensors
    let table = configuration.tensors(in: .diffusers)
    #expect(table.count == expected.count)
    for tensor in table { #expect(expected[tensor.name] == tensor.shape, "\(tensor.name)") }
    #expect(table.reduce(0) { $0 + $1.shape.count } == published.parameterCount)
  }

  // MARK: Other layouts

  @Test(arguments: models.keys.sorted()) func theOriginalLayoutIsTheSameNetwork(name: String) throws
  {
    let model = try #require(Self.models[name])
    let published = try PublishedComponent(name)
    guard let original = published.original else { return }
    let found = try component(original)
    let expected = try component(published.tensors)
    #expect(found.identity.family == model.family)
    #expect(found.configuration.variant?.title == model.variant)
    #expect(found.configuration.sizes == expected.configuration.sizes)
    #expect(shapes(found) == shapes(expected))
    if model.family.kind == .textEncoder {
      #expect(found.identity.layout == .diffusers)
      #expect(found.identity.prefix.hasPrefix("text_encoders."))
    } else {
      #expect(found.identity.layout == .original)
      #expect(found.identity.prefix == "")
    }
  }

  @Test(arguments: models.keys.sorted()) func thePlanOfTheOriginalLayoutHasItsTensors(
    name: String
  ) throws {
    let published = try PublishedComponent(name)
    guard let original = published.original else { return }
    let diffusers = try component(published.tensors)
    // What a file of several components has before every name is not part of the layout.
    let prefix = try component(original).identity.prefix
    let there = try LayoutPlan(diffusers, to: .original)
    let planned = Dictionary(uniqueKeysWithValues: there.tensors.map { ($0.name, $0.shape) })
    let expected = Dictionary(
      uniqueKeysWithValues: original.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    #expect(planned == expected)
    let back = try LayoutPlan(component(original), to: .diffusers)
    let restored = Dictionary(uniqueKeysWithValues: back.tensors.map { ($0.name, $0.shape) })
    #expect(restored == published.tensors)
  }

  @Test(arguments: models.keys.sorted()) func otherNamesThatLoadAreRecognised(name: String) throws {
    let model = try #require(Self.models[name])
    let published = try PublishedComponent(name)
    let expected = shapes(try component(published.tensors))
    for other in published.alsoLoads {
      let found = try component(other.tensors)
      #expect(found.identity.family == model.family, "\(other.what)")
      // Some have no head, which takes no part in encoding a prompt.
      let missing = expected.keys.filter { shapes(found)[$0] == nil }
      #expect(missing.allSatisfy { $0 == "lm_head.weight" }, "\(other.what): \(missing)")
      #expect(
        shapes(found) == expected.filter { !missing.contains($0.key) }, "\(other.what)")
      // The embedding under its second name.
      #expect(
        found.dropped.map(\.weight.name)
          == (name == "t5-xxl" ? ["encoder.embed_tokens.weight"] : []))
    }
  }

  // MARK: config.json

  /// Members whose value is meant to be another than the one the packages write.
  private static let differences: [String: [(key: String, reason: String)]] = [
    "autoencoder-sd3": [
      ("scaling_factor", "no weight tells it from FLUX.1's; `Family.assumption` says so"),
      ("shift_factor", "no weight tells it from FLUX.1's; `Family.assumption` says so"),
    ]
  ]

  @Test(arguments: models.keys.sorted()) func theDocumentIsTheirs(name: String) throws {
    let published = try PublishedComponent(name)
    let deliberate = Self.differences[name, default: []].map(\.key)
    // Without a document beside the weights, and with their own.
    for stated in [nil, published.config] {
      let document = try component(published.tensors, stated: stated).configuration.configDocument
      var differing: [String] = []
      Self.compare(document, published.config.value, path: "", into: &differing)
      #expect(differing == (stated == nil ? deliberate : []))
    }
  }

  @Test(arguments: models.keys.sorted()) func theDocumentReadsBack(name: String) throws {
    let published = try PublishedComponent(name)
    let original = try component(published.tensors).configuration
    let text = original.configDocument.pretty()
    let document = try JSONField.parse(Array(text.utf8), document: "config.json")
    #expect(try component(published.tensors, stated: document).configuration == original)
  }

  /// Collects the keys that both objects have with different values; numbers are compared as such.
  private static func compare(
    _ ours: JSONValue, _ theirs: JSONValue, path: String, into differing: inout [String]
  ) {
    switch (ours, theirs) {
    case (.object(let ours), .object(let theirs)):
      for member in ours {
        guard let other = theirs[member.key] else { continue }
        compare(
          member.value, other, path: path.isEmpty ? member.key : "\(path).\(member.key)",
          into: &differing)
      }
    case (.array(let ours), .array(let theirs)) where ours.count == theirs.count:
      for (one, other) in zip(ours, theirs) {
        compare(one, other, path: path, into: &differing)
      }
    case (.number(let one), .number(let other)):
      if one.double != other.double { differing.append(path) }
    default:
      if ours != theirs { differing.append(path) }
    }
  }
}
