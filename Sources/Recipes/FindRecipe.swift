public import Families
internal import Storage
internal import StrictJSON

/// The longest recipe file that is read, in bytes.
private let largestFile = 1 << 20

extension Thresholds {
  /// Reads a file that holds limits alone.
  public static func read(_ path: String) throws -> Thresholds {
    let text = try FileReader.contents(of: path, limit: largestFile)
    return try Thresholds(document: JSONField.parse(text, document: path))
  }
}

extension Recipe {
  /// The recipe that a person named for a component: a file when one is there, else a built-in one.
  public static func named(
    _ nameOrPath: String, for weights: CanonicalWeights
  ) throws -> Recipe {
    if FileSystem.kind(of: nameOrPath) == .file {
      let text = try FileReader.contents(of: nameOrPath, limit: largestFile)
      return try Recipe(document: JSONField.parse(text, document: nameOrPath))
    }
    guard let recipe = BuiltInRecipe(rawValue: nameOrPath) else {
      throw RecipeFailure.unknown(
        name: nameOrPath, known: BuiltInRecipe.allCases.map(\.rawValue))
    }
    return recipe.recipe(for: weights)
  }
}
