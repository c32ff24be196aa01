import Families
import Safetensors
import Storage
import StrictJSON
import TestSupport

/// Configurations from documents.
enum FixtureConfiguration {
  /// The configuration that the fixture's `config.json` states.
  static func read() throws -> Flux2Configuration {
    let path = FileSystem.path(Fixture.kleinTransformer, "config.json")
    let document = try JSONField.parse(
      FileReader.contents(of: path, limit: 1 << 16), document: path)
    return try SafetensorsCheckpoint.open(Fixture.kleinTransformer).component(stated: document)
      .flux2()
  }

  /// The configuration of the tiny network with a text beside it in the form of `config.json`;
  /// whether the weights have it is not asked.
  static func parse(_ text: String, hasGuidance: Bool = true) throws -> Flux2Configuration {
    let source = WeightsInMemory(
      TinyFlux2.diffusers(hasGuidance: hasGuidance), origin: "tiny.safetensors")
    return try Flux2Configuration(
      Configuration(
        of: source, identity: source.identity(),
        stated: .parse(Array(text.utf8), document: "config.json")))
  }
}

/// The description of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no failure"
  } catch { return "\(error)" }
}
