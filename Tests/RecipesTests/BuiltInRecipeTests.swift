import Families
import Quantization
import Recipes
import Tensors
import Testing

/// The built-in recipes for every published model.
@Suite struct BuiltInRecipeTests {
  private static let models = Family.all.flatMap { family in
    family.variants.map { (family: family, variant: $0) }
  }

  @Test(arguments: models.indices, BuiltInRecipe.allCases)
  func onlyMatricesAreQuantizedAndEveryRuleDecides(model: Int, builtIn: BuiltInRecipe) throws {
    let (family, variant) = Self.models[model]
    let weights = try CanonicalWeights(variant, of: family)
    let recipe = builtIn.recipe(for: weights)
    // Refuses rules that quantize vectors, and rules without a tensor.
    let assignment = try Assignment(recipe, to: weights)
    #expect(assignment.tensors.map(\.weight) == weights.weights)
    var quantizedCount = 0
    for tensor in assignment.tensors where tensor.treatment != .keep {
      #expect(tensor.weight.shape.extents.count == 2, "\(tensor.weight.name)")
      quantizedCount += tensor.weight.shape.count
    }
    let deciding = Set(weights.weights.compactMap { recipe.decidingRule(for: $0.name) })
    #expect(deciding == Set(recipe.rules.indices), "\(variant.title)")
    let share = Double(quantizedCount) / Double(weights.weights.weightCount)
    switch (builtIn, family.kind) {
    case (.keep, _), (_, .autoencoder): #expect(quantizedCount == 0)
    // The position embeddings of Stable Diffusion 3.5 medium are 9 %: 384² × 1536 of 2.47e9.
    case (_, .transformer): #expect(share > 0.89, "\(variant.title): \(share)")
    // Embeddings of all tokens are kept, of CLIP-L 31 %: 49408 × 768 of 123e6.
    case (_, .textEncoder): #expect(share > 0.68, "\(variant.title): \(share)")
    }
  }

  @Test func whatAComponentLacksHasNoRule() throws {
    let family = Family.flux1
    let plain = try #require(family.variants.first { $0.title.contains("schnell") })
    let recipe = BuiltInRecipe.int8.recipe(for: try CanonicalWeights(plain, of: family))
    let names = try CanonicalWeights(plain, of: family).weights.map(\.name)
    for rule in recipe.rules { #expect(names.contains(where: rule.match.matches)) }
    #expect(!recipe.rules.isEmpty)
    let all = BuiltInRecipe.mixed.recipe(for: .clip).rules
    let withoutProjection = try #require(Family.clip.variants.first { $0.title == "CLIP-L" })
    let some = BuiltInRecipe.mixed.recipe(
      for: try CanonicalWeights(withoutProjection, of: .clip)
    ).rules
    #expect(
      Set(all.map(\.match.description)).subtracting(some.map(\.match.description)) == [
        "text_projection.weight"
      ])
  }
}
