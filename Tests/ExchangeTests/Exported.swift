import Bundles
import Checkpoints
import Exchange
import Families
import Quantization
import Recipes
import StrictJSON
import Tensors
import TestSupport

/// The part of the fixture that a target takes, and where it goes.
func export(
  _ id: String, of model: String? = nil, to folder: TemporaryFolder, source: String? = nil,
  digestsSources: Bool = true, threads: Int = 2, name: String = "out"
) throws -> (path: String, outcome: ExportJob.Outcome) {
  let target = try Targets.named(id)
  let part = id.hasPrefix("compressed-tensors") ? "text_encoder" : "transformer"
  let path = folder.path(name + (target.container.fileEnding ?? ""))
  let outcome = try ExportJob(
    model: model ?? "\(Fixture.klein)/\(part)", target: id, output: path, source: source
  ).run(digestsSources: digestsSources, threads: threads)
  return (path, outcome)
}

/// A bundle of the fixture's transformer whose linear layers have a scheme.
func bundle(
  _ scheme: Scheme, of model: String = "\(Fixture.klein)/transformer", in folder: TemporaryFolder,
  digestsSources: Bool = true, name: String = "in.mmdit"
) throws -> Bundle {
  let recipe = Recipe(
    name: "own", summary: "",
    rules: [
      Rule(match: NamePattern("*transformer_blocks.*"), treatment: .quantize(scheme), reason: ""),
      Rule(match: NamePattern("*.norm_*"), treatment: .keep, reason: ""),
    ],
    thresholds: .withoutRecipe)
  let path = try folder.write("\(name).json", Array(recipe.document.compact().utf8))
  _ = try QuantizationJob(model: model, recipe: path, threads: 2).run(
    output: folder.path(name), compress: false, digestsSources: digestsSources, producer: "test")
  return try Bundle.open(folder.path(name))
}

/// The first weight whose values differ, nil when all are the same.
func firstDifference(_ first: CanonicalWeights, _ second: CanonicalWeights) throws -> String? {
  try first.weights.map(\.name).first {
    try first.values(of: $0) != second.values(of: $0)
  }
}
