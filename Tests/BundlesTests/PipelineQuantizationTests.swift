import Bundles
import Checkpoints
import Families
import Recipes
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct PipelineQuantizationTests {
  private func job(_ recipes: String) throws -> PipelineQuantization {
    let recipes = try ComponentRecipes(parsing: recipes)
    return try PipelineQuantization(
      model: Fixture.klein, recipes: try #require(recipes), threads: 2)
  }

  @Test func eachComponentGetsItsRecipe() throws {
    try TemporaryFolder.with { folder in
      let job = try job("transformer=int4-g64,text_encoder=int8,vae=keep")
      #expect(job.parts.map(\.name) == ["text_encoder", "transformer"])
      _ = try job.run(output: folder.path("out"), compress: false, producer: "test")
      let encoder = try Bundle.open(folder.path("out/text_encoder/model.mmdit"))
      #expect(encoder.header.configuration.family == .qwen3)
      #expect(encoder.header.recipe.name == "int8")
      let transformer = try Bundle.open(
        folder.path("out/transformer/diffusion_pytorch_model.mmdit"))
      #expect(transformer.header.configuration.family == .flux2)
      #expect(transformer.header.recipe.name == "int4-g64")
      // Kept and everything else: as it was.
      for name in [
        "vae/diffusion_pytorch_model.safetensors", "vae/config.json", "model_index.json",
        "tokenizer/tokenizer.json", "text_encoder/config.json",
      ] {
        let before = try FileReader.contents(of: "\(Fixture.klein)/\(name)", limit: 1 << 24)
        #expect(try folder.read("out/\(name)") == before, "\(name)")
      }
      #expect(
        !(try FileSystem.names(in: folder.path("out/text_encoder")))
          .contains("model.safetensors"))
    }
  }

  @Test func aComponentIsTheBundleThatItIsAlone() throws {
    try TemporaryFolder.with { folder in
      _ = try job("text_encoder=mixed").run(
        output: folder.path("out"), compress: true, producer: "test")
      _ = try QuantizationJob(
        model: "\(Fixture.klein)/text_encoder", recipe: "mixed", threads: 1
      ).run(output: folder.path("alone.mmdit"), compress: true, producer: "test")
      #expect(
        try folder.read("out/text_encoder/model.mmdit") == folder.read("alone.mmdit"))
    }
  }

  /// Rounding to the nearest of 127 levels below the largest value of a row is off by at most half
  /// a level; the bfloat16 scale is off by at most 2⁻⁹ of itself, which 127 codes multiply.
  @Test func aTextEncoderDecodesToWhatItWas() throws {
    try TemporaryFolder.with { folder in
      _ = try job("text_encoder=int8").run(
        output: folder.path("out"), compress: false, producer: "test")
      let source = try Checkpoint.open("\(Fixture.klein)/text_encoder").weights
      let bundle = try Bundle.open(folder.path("out/text_encoder/model.mmdit"))
        .canonicalWeights()
      #expect(bundle.weights.map(\.name) == source.weights.map(\.name))
      for weight in source.weights {
        let before = try source.values(of: weight.name)
        let after = try bundle.values(of: weight.name)
        let columns = weight.shape.columns
        for row in 0..<weight.shape.rows {
          let range = row * columns..<(row + 1) * columns
          let largest = before[range].map(\.magnitude).max() ?? 0
          let limit = largest / 127 * (0.5 + 127 / 512) * 1.001
          for index in range where (before[index] - after[index]).magnitude > limit {
            Issue.record("\(weight.name) row \(row): \(before[index]) became \(after[index])")
            return
          }
        }
      }
    }
  }

  @Test func whatIsNoComponentOrNoPairIsRefused() throws {
    #expect(
      throws: RecipeFailure.unknownComponent(
        name: "unet", known: ["text_encoder", "transformer", "vae"])
    ) { _ = try job("unet=int8") }
    for text in ["transformer=", "=int8", "transformer=int8,", "transformer=int8,transformer=int4"]
    {
      #expect(throws: RecipeFailure.self, "\(text)") { _ = try ComponentRecipes(parsing: text) }
    }
    let one = try ComponentRecipes(parsing: "int8")
    #expect(one == nil)
    let recipes = try ComponentRecipes(parsing: "transformer=int8")
    #expect(throws: BundleFailure.notAPipeline(path: Fixture.kleinTransformer)) {
      _ = try PipelineQuantization(
        model: Fixture.kleinTransformer,
        recipes: #require(recipes), threads: 1)
    }
  }
}
