import Families
import Recipes
import Safetensors
import StrictJSON
import Tensors
import TestSupport
import Testing

/// The fixture's weights under the suite's names.
func fixtureWeights() throws -> CanonicalWeights {
  try SafetensorsCheckpoint.open(Fixture.kleinTransformer).component()
}

/// The recipe of a document text.
func recipe(_ text: String) throws -> Recipe {
  try Recipe(document: JSONField.parse(Array(text.utf8), document: "recipe.json"))
}

/// The description of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no failure"
  } catch { return "\(error)" }
}
