internal import Bundles
internal import Families
internal import Recipes
public import StrictJSON
internal import Tensors
internal import ToolKit

/// The published models that are known, and what their weights take with each built-in recipe.
public struct FamilyList: Sendable {
  private let models: [Model]

  private struct Model: Sendable {
    let family: Family
    let variant: Variant
    let tensorCount: Int
    let weightCount: Int
    /// In the order of `BuiltInRecipe.allCases`.
    let byteCounts: [Int]
  }

  /// Computes every size from the families' tables.
  public init() throws {
    models = try Family.all.flatMap { family in
      try family.variants.map { variant in
        let weights = try CanonicalWeights(variant, of: family)
        return Model(
          family: family, variant: variant, tensorCount: weights.weights.count,
          weightCount: weights.weights.weightCount,
          byteCounts: try BuiltInRecipe.allCases.map { recipe in
            try BundlePlan(
              Assignment(recipe.recipe(for: weights), to: weights),
              configuration: weights.configuration
            ).weightByteCount
          })
      }
    }
  }

  /// One line for each model.
  public var text: String {
    var table = TextTable(
      [.text("model"), .text("component"), .number("tensors"), .number("parameters")]
        + BuiltInRecipe.allCases.map { .number($0.rawValue) })
    for model in models {
      table.append(
        [
          model.variant.title, model.family.kind.rawValue, countText(model.tensorCount),
          countText(model.weightCount),
        ] + model.byteCounts.map { byteCountText($0) })
    }
    return table.text
  }

  /// The same for machines; formats/inspection.md, section "Families".
  public var document: JSONValue {
    [
      "format": "mmdit-families", "version": 1,
      "models": .array(
        models.map { model in
          [
            "family": .init(model.family.id), "title": .init(model.variant.title),
            "component": .init(model.family.kind.rawValue),
            "tensors": .init(model.tensorCount), "parameters": .init(model.weightCount),
            "bytes": .object(
              JSONObject(
                zip(BuiltInRecipe.allCases, model.byteCounts).map { ($0.rawValue, .init($1)) })),
          ]
        }),
    ]
  }
}
