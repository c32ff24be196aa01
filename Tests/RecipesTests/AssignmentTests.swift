import Families
import Quantization
import Recipes
import Tensors
import TestSupport
import Testing

@Suite struct AssignmentTests {
  private static let int8 = Scheme(.int8, group: .row, scaleType: .bfloat16)

  private func recipe(_ rules: [(NamePattern, Treatment)]) -> Recipe {
    Recipe(
      name: "mine", summary: "",
      rules: rules.enumerated().map { index, rule in
        Rule(match: rule.0, treatment: rule.1, reason: "rule \(index)")
      }, thresholds: Thresholds())
  }

  /// Stated by hand: what is outside the blocks, and the norms in them.
  private static let sensitive: Set<String> = {
    var names = [
      "x_embedder", "context_embedder", "time_guidance_embed.timestep_embedder.linear_1",
      "time_guidance_embed.timestep_embedder.linear_2", "double_stream_modulation_img.linear",
      "double_stream_modulation_txt.linear", "single_stream_modulation.linear",
      "norm_out.linear", "proj_out",
    ]
    for block in 0..<4 {
      for norm in ["norm_q", "norm_k", "norm_added_q", "norm_added_k"] {
        names.append("transformer_blocks.\(block).attn.\(norm)")
      }
    }
    for block in 0..<10 {
      for norm in ["norm_q", "norm_k"] {
        names.append("single_transformer_blocks.\(block).attn.\(norm)")
      }
    }
    return Set(names.map { $0 + ".weight" })
  }()

  /// All that quantize.
  private static let quantizing = BuiltInRecipe.allCases.filter { $0 != .keep }

  @Test(arguments: quantizing)
  func builtInRecipesKeepExactlyTheSensitiveTensors(builtIn: BuiltInRecipe) throws {
    let assignment = try Assignment(builtIn.recipe(for: .flux2), to: fixtureWeights())
    let kept = assignment.tensors.filter { $0.treatment == .keep }
    #expect(Set(kept.map(\.weight.name)) == Self.sensitive)
    #expect(kept.count == 45)
    #expect(assignment.tensors.count - kept.count == 68)
    #expect(assignment.tensors.allSatisfy { !$0.reason.isEmpty })
  }

  @Test func eachBuiltInRecipeHasItsSchemes() throws {
    let nibbleByRow = Scheme(
      .int4, group: .row, scaleType: .bfloat16, clipping: .meanSquaredError)
    let nibbleByGroup = Scheme(
      .int4, group: .columns64, scaleType: .bfloat16, clipping: .meanSquaredError)
    // 4 double blocks of 12 linear layers, 10 single blocks of 2; each block has one output of
    // attention for the image.
    let expected: [String: [Scheme: Int]] = [
      "int8": [Self.int8: 68], "int4": [nibbleByRow: 68], "int4-g64": [nibbleByGroup: 68],
      "mixed": [Self.int8: 4 + 10, nibbleByGroup: 4 * 11 + 10], "keep": [:],
    ]
    #expect(
      BuiltInRecipe.allCases.map(\.rawValue) == ["int8", "int4", "int4-g64", "mixed", "keep"])
    for recipe in BuiltInRecipe.allCases.map({ $0.recipe(for: .flux2) }) {
      var counts: [Scheme: Int] = [:]
      for tensor in try Assignment(recipe, to: fixtureWeights()).tensors {
        if case .quantize(let scheme) = tensor.treatment { counts[scheme, default: 0] += 1 }
      }
      #expect(counts == expected[recipe.name], "\(recipe.name)")
    }
  }

  @Test func mixedGivesEightBitsToTheOutputsOfAttention() throws {
    let assignment = try Assignment(
      BuiltInRecipe.mixed.recipe(for: .flux2), to: fixtureWeights())
    let byte = assignment.tensors.filter { $0.treatment == .quantize(Self.int8) }
      .map(\.weight.name)
    var expected: Set<String> = []
    for block in 0..<4 { expected.insert("transformer_blocks.\(block).attn.to_out.0.weight") }
    for block in 0..<10 { expected.insert("single_transformer_blocks.\(block).attn.to_out.weight") }
    #expect(Set(byte) == expected)
  }

  @Test(arguments: BuiltInRecipe.allCases)
  func everyRuleOfABuiltInRecipeDecidesForSomeTensor(builtIn: BuiltInRecipe) throws {
    let recipe = builtIn.recipe(for: .flux2)
    let deciding = Set(
      try fixtureWeights().weights.compactMap { recipe.decidingRule(for: $0.name) })
    #expect(deciding == Set(recipe.rules.indices))
  }

  @Test func tensorsAndBlocksAreInTheOrderOfExecution() throws {
    let weights = try fixtureWeights()
    let table = weights.configuration.weights
    let tensors = try Assignment(recipe([("*", .keep)]), to: weights).tensors
    #expect(tensors.map(\.weight) == weights.weights)
    #expect(tensors.map(\.block) == table.map(\.block))
  }

  @Test func theLastRuleThatMatchesDecides() throws {
    let recipe = recipe([
      ("*.to_q.weight", .quantize(Self.int8)), ("transformer_blocks.1.*", .keep),
      ("transformer_blocks.1.attn.to_q.weight", .quantize(Self.int8)), ("proj_out.*", .keep),
    ])
    #expect(recipe.decidingRule(for: "transformer_blocks.0.attn.to_q.weight") == 0)
    #expect(recipe.decidingRule(for: "transformer_blocks.1.attn.to_k.weight") == 1)
    #expect(recipe.decidingRule(for: "transformer_blocks.1.attn.to_q.weight") == 2)
    #expect(recipe.decidingRule(for: "x_embedder.weight") == nil)
    let tensors = try Assignment(recipe, to: fixtureWeights()).tensors
    func tensor(_ name: String) throws -> AssignedTensor {
      try #require(tensors.first { $0.weight.name == name })
    }
    #expect(try tensor("transformer_blocks.1.attn.to_q.weight").reason == "rule 2")
    #expect(try tensor("transformer_blocks.1.attn.to_k.weight").treatment == .keep)
    #expect(try tensor("transformer_blocks.3.attn.to_q.weight").treatment == .quantize(Self.int8))
    #expect(try tensor("x_embedder.weight").reason == "no rule names it")
    #expect(try tensor("x_embedder.weight").treatment == .keep)
  }

  @Test func aRuleWithoutATensorIsRefused() throws {
    let recipe = recipe([("*", .keep), ("transformer_block.*", .keep)])
    let weights = try fixtureWeights()
    let found = message { _ = try Assignment(recipe, to: weights) }
    #expect(
      found == """
        recipe "mine": rule "transformer_block.*": expected at least one tensor, found none
        Names look like x_embedder.weight, context_embedder.weight, \
        time_guidance_embed.timestep_embedder.linear_1.weight.
        """)
  }

  @Test func aRuleThatWouldQuantizeAVectorIsRefused() throws {
    let weights = try fixtureWeights()
    let name = "transformer_blocks.0.attn.norm_q.weight"
    let vectors = recipe([("transformer_blocks.*", .quantize(Self.int8))])
    #expect(
      throws: RecipeFailure.notAMatrix(
        recipe: "mine", pattern: "transformer_blocks.*", name: name, shape: Shape([128]))
    ) { try Assignment(vectors, to: weights) }
    #expect(
      message { _ = try Assignment(vectors, to: weights) } == """
        recipe "mine": rule "transformer_blocks.*": expected matrices, found tensor "\(name)" of \
        shape [128]
        Add a later rule that keeps it.
        """)
    // What the message advises is enough.
    let kept = recipe([("transformer_blocks.*", .quantize(Self.int8)), ("*.norm_*", .keep)])
    #expect(throws: Never.self) { try Assignment(kept, to: weights) }
  }
}
