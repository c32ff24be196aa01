import Failures
import Families
import Recipes
import StrictJSON
import TestSupport
import Testing

@Suite struct FindRecipeTests {
  @Test func builtInRecipesAreFoundByName() throws {
    let weights = try fixtureWeights()
    for builtIn in BuiltInRecipe.allCases {
      let found = try Recipe.named(builtIn.rawValue, for: weights)
      // FLUX.2 without guidance has weights for every rule.
      #expect(found == builtIn.recipe(for: .flux2))
      #expect(found.name == builtIn.rawValue)
    }
  }

  @Test func aFileComesBeforeABuiltInRecipe() throws {
    try TemporaryFolder.with { folder in
      let weights = try fixtureWeights()
      var changed = BuiltInRecipe.mixed.recipe(for: .flux2)
      changed.summary = "changed"
      let path = try folder.write("int8", changed.document.pretty())
      #expect(try Recipe.named(path, for: weights) == changed)
      // A folder of that name is no recipe, and says so as any other name does.
      let other = try folder.makeFolder("int4")
      #expect(throws: RecipeFailure.self) { try Recipe.named(other, for: weights) }
    }
  }

  @Test func anUnknownNameListsTheBuiltInRecipes() throws {
    let weights = try fixtureWeights()
    let found = message { _ = try Recipe.named("int5", for: weights) }
    #expect(
      found == """
        recipe "int5": expected a built-in recipe or a JSON file, found neither
        Built in are int8, int4, int4-g64, mixed, keep; a file is described in formats/recipe.md.
        """)
    #expect(RecipeFailure.unknown(name: "int5", known: []).kind == .usage)
  }

  @Test func aFileThatIsNoRecipeIsNamed() throws {
    try TemporaryFolder.with { folder in
      let weights = try fixtureWeights()
      let path = try folder.write("mine.json", "{")
      #expect(message { _ = try Recipe.named(path, for: weights) }.hasPrefix("\(path): byte 1: "))
    }
  }

  @Test func aFileLargerThanAnyRecipeIsNotRead() throws {
    try TemporaryFolder.with { folder in
      let spaces = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
      let weights = try fixtureWeights()
      let recipe = BuiltInRecipe.int8.recipe(for: .flux2)
      let text = Array(recipe.document.compact().utf8)
      let whole = try folder.write("whole.json", text + spaces.dropFirst(text.count))
      #expect(try Recipe.named(whole, for: weights) == recipe)
      let larger = try folder.write("larger.json", text + spaces.dropFirst(text.count - 1))
      #expect(
        message { _ = try Recipe.named(larger, for: weights) }.hasPrefix("\(larger): "))
    }
  }
}

@Suite struct ThresholdsTests {
  private func read(_ text: String) throws -> Thresholds {
    try TemporaryFolder.with { try Thresholds.read($0.write("limits.json", text)) }
  }

  @Test func everyLimitIsRead() throws {
    let limits = Thresholds(
      velocityRelativeError: 0.125, latentsRelativeError: 2, latentsPSNR: -3.5,
      picturePSNR: 25, pictureSSIM: 0.875, pictureFLIP: 0.0625, weightRelativeError: 0,
      segmentRelativeError: 1e-9)
    #expect(
      try read(
        """
        {"segment_relative_error": 1e-9, "weight_relative_error": 0, "latents_psnr_db": -3.5,
         "latents_relative_error": 2, "velocity_relative_error": 0.125, "picture_flip": 0.0625,
         "picture_ssim": 0.875, "picture_psnr_db": 25}
        """) == limits)
    #expect(limits.limits.count == 8)
    #expect(limits.limits["picture_ssim"] == 0.875)
    #expect(try read(limits.document.pretty()) == limits)
  }

  @Test func absentLimitsAreNotChecked() throws {
    #expect(try read("{}") == Thresholds())
    #expect(try read(#"{"latents_psnr_db": null}"#) == Thresholds())
    #expect(Thresholds().document == .object(JSONObject()))
    #expect(
      Thresholds(latentsPSNR: 30).document.compact() == #"{"latents_psnr_db":30}"#
        || Thresholds(latentsPSNR: 30).document.compact() == #"{"latents_psnr_db":30.0}"#)
  }

  @Test func whatIsNoLimitIsRefusedWithItsPlace() {
    for (text, expected) in [
      (#"{"velocity_relative_error": "0.1"}"#, "velocity_relative_error: expected a number"),
      (#"{"velocity": 0.1}"#, "unknown key \"velocity\""),
      (#"{"latents_psnr_db": [30]}"#, "latents_psnr_db: expected a number, found an array"),
      ("[]", "expected an object, found an array"),
      ("", "byte 0: "),
    ] {
      let found = message { _ = try read(text) }
      #expect(found.contains("/limits.json: \(expected)"), "\(found)")
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      message { _ = try Thresholds.read("/nonexistent/limits.json") }.hasPrefix(
        "/nonexistent/limits.json: "))
  }
}
