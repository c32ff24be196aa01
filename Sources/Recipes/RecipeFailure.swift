public import Failures
public import Tensors

/// A recipe that cannot be used, or not on this checkpoint.
public enum RecipeFailure: DiagnosedFailure, Equatable {
  /// Neither a built-in name nor a file.
  case unknown(name: String, known: [String])
  /// A pattern that no tensor matches.
  case unmatchedRule(recipe: String, pattern: NamePattern, sample: [String])
  /// A part of `--recipe` that is no `component=recipe`, or names a component twice.
  case badPair(text: String, pair: String)
  /// A component that the pipeline does not have.
  case unknownComponent(name: String, known: [String])
  /// A rule would quantize a vector.
  case notAMatrix(recipe: String, pattern: NamePattern, name: String, shape: Shape)

  public var kind: FailureKind { .usage }

  public var description: String {
    switch self {
    case .unknown(let name, let known):
      return """
        recipe "\(name)": expected a built-in recipe or a JSON file, found neither
        Built in are \(known.joined(separator: ", ")); a file is described in formats/recipe.md.
        """
    case .unmatchedRule(let recipe, let pattern, let sample):
      return """
        recipe "\(recipe)": rule "\(pattern)": expected at least one tensor, found none
        Names look like \(sample.prefix(3).joined(separator: ", ")).
        """
    case .badPair(let text, let pair):
      return """
        --recipe \(text): expected a recipe, or pairs such as transformer=int4-g64,text_encoder=int8 \
        with every component once, found "\(pair)"
        """
    case .unknownComponent(let name, let known):
      return """
        --recipe: expected a component of the pipeline, found "\(name)"
        It has \(known.joined(separator: ", ")).
        """
    case .notAMatrix(let recipe, let pattern, let name, let shape):
      return """
        recipe "\(recipe)": rule "\(pattern)": expected matrices, found tensor "\(name)" of shape \
        \(shape)
        Add a later rule that keeps it.
        """
    }
  }
}
