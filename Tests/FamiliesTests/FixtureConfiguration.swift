import Families
import Storage
import StrictJSON
import TestSupport

/// Configurations from documents.
enum FixtureConfiguration {
  /// The configuration that the fixture's `config.json` states.
  static func read() throws -> Flux2Configuration {
    let path = FileSystem.path(Fixture.kleinTransformer, "config.json")
    return try Flux2Configuration(
      diffusers: .parse(FileReader.contents(of: path, limit: 1 << 16), document: path))
  }

  /// The configuration of a text in the form of `config.json`.
  static func parse(_ text: String) throws -> Flux2Configuration {
    try Flux2Configuration(diffusers: .parse(Array(text.utf8), document: "config.json"))
  }
}

/// The description of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no failure"
  } catch { return "\(error)" }
}
