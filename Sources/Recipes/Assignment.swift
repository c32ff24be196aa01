public import Families
internal import Quantization
public import Tensors

/// One tensor and what a recipe decides for it.
public struct AssignedTensor: Hashable, Sendable {
  public let weight: WeightDescription
  public let treatment: Treatment
  /// Why: the reason of the rule that decided.
  public let reason: String
  /// The part of the network that runs it.
  public let block: String
}

/// What a recipe does to a checkpoint, tensor by tensor, in the order of execution.
public struct Assignment: Sendable {
  public let recipe: Recipe
  public let tensors: [AssignedTensor]

  /// Applies a recipe.
  ///
  /// Throws when a rule would quantize what is not a matrix, and when a rule matches no tensor at
  /// all, since a misspelt pattern is the usual cause.
  public init(
    _ recipe: Recipe, to checkpoint: CanonicalWeights
  ) throws(RecipeFailure) {
    let names = checkpoint.weights.map(\.name)
    let blocks = checkpoint.table.map(\.block)
    for rule in recipe.rules where !names.contains(where: rule.match.matches) {
      throw .unmatchedRule(recipe: recipe.name, pattern: rule.match, sample: names)
    }
    var tensors: [AssignedTensor] = []
    for (weight, block) in zip(checkpoint.weights, blocks) {
      let rule = recipe.decidingRule(for: weight.name).map { recipe.rules[$0] }
      if let rule, case .quantize = rule.treatment, weight.shape.extents.count != 2 {
        throw .notAMatrix(
          recipe: recipe.name, pattern: rule.match, name: weight.name, shape: weight.shape)
      }
      tensors.append(
        AssignedTensor(
          weight: weight, treatment: rule?.treatment ?? .keep,
          reason: rule?.reason ?? "no rule names it", block: block))
    }
    self.recipe = recipe
    self.tensors = tensors
  }
}
