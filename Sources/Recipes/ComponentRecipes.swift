internal import Storage

/// Which recipe each component of a pipeline gets: `transformer=int4-g64,text_encoder=int8`.
public struct ComponentRecipes: Hashable, Sendable {
  /// component → built-in recipe or file.
  private let recipes: [String: String]

  /// The components that are named, sorted.
  public var componentNames: [String] { recipes.keys.sorted() }

  /// Reads what was written behind `--recipe`; nil when it is one recipe, not pairs.
  public init?(parsing text: String) throws(RecipeFailure) {
    guard text.contains("="), FileSystem.kind(of: text) != .file else { return nil }
    var recipes: [String: String] = [:]
    for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
        recipes.updateValue(String(parts[1]), forKey: String(parts[0])) == nil
      else { throw .badPair(text: text, pair: String(pair)) }
    }
    self.recipes = recipes
  }

  /// The recipe of a component, nil when it has none.
  public subscript(component: String) -> String? { recipes[component] }
}
