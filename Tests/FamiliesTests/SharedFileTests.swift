import Families
import StrictJSON
import Tensors
import TestSupport
import Testing

/// Components that share a file, and what one tells of another.
@Suite struct SharedFileTests {
  /// The autoencoder's configuration in a file with another component.
  private func autoencoder(beside other: String?) throws -> Configuration {
    var shapes = try PublishedComponent("autoencoder-sd3").original ?? [:]
    shapes = Dictionary(
      uniqueKeysWithValues: shapes.map { ("first_stage_model.\($0.key)", $0.value) })
    if let other {
      for (name, shape) in try PublishedComponent(other).original ?? [:] {
        shapes["model.diffusion_model.\(name)"] = shape
      }
    }
    let source = WeightsInMemory(shapes: shapes)
    let identities = Identity.all(of: source.weights.map(\.name))
    #expect(identities.count == (other == nil ? 1 : 2))
    let identity = try #require(identities.first { $0.family == .autoencoder })
    let others = identities.filter { $0 != identity }
    #expect((identity.assumption(beside: others) == nil) == (other != nil))
    return try Configuration(of: source, identity: identity, beside: others)
  }

  @Test(arguments: [
    ("sd3-medium", 1.5305, 0.0609), ("flux1-dev", 0.3611, 0.1159), (nil, 0.3611, 0.1159),
  ])
  func theTransformerTellsHowLatentsAreScaled(
    other: String?, scaling: Double, shift: Double
  ) throws {
    let configuration = try autoencoder(beside: other)
    let document = JSONField(document: "config.json", value: configuration.configDocument)
    #expect(try document["scaling_factor"].double() == scaling)
    #expect(try document["shift_factor"].double() == shift)
  }

  @Test func aCounterOfTheTrainingMayBeLeftOut() throws {
    var shapes = try PublishedComponent("autoencoder-flux2").tensors
    shapes["bn.num_batches_tracked"] = nil
    let weights = try WeightsInMemory(shapes: shapes).component()
    #expect(weights.configuration.family == .flux2Autoencoder)
    #expect(Set(weights.weights.map(\.name)) == Set(shapes.keys))
    shapes["bn.running_var"] = nil
    let source = WeightsInMemory(shapes: shapes)
    #expect(throws: FamilyFailure.missing(origin: "memory", names: ["bn.running_var"])) {
      _ = try source.component()
    }
  }
}
