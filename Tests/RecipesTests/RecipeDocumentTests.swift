import Families
import Quantization
import Recipes
import StrictJSON
import TestSupport
import Testing

@Suite struct RecipeDocumentTests {
  @Test func builtInRecipesReadBack() throws {
    for builtIn in BuiltInRecipe.allCases {
      for family in Family.all {
        let original = builtIn.recipe(for: family)
        #expect(try recipe(original.document.pretty()) == original)
        #expect(try recipe(original.document.compact()) == original)
      }
    }
  }

  @Test func everySchemeReadsBack() throws {
    // 2 widths, 5 groups, 2 symmetries, 3 scale types, 2 clippings.
    let texts = Set(Scheme.all.map { $0.document.compact() })
    #expect(texts.count == 120)
    for scheme in Scheme.all {
      let text = scheme.document.compact()
      let field = try JSONField.parse(Array(text.utf8), document: "scheme")
      #expect(try Scheme(document: field) == scheme, "\(text)")
    }
  }

  @Test func aDocumentWithOnlyWhatItNeedsIsRead() throws {
    let found = try recipe(
      """
      {"format": "mmdit-recipe", "version": 1, "name": "mine", "rules": [
        {"match": "*", "keep": true},
        {"match": "*.to_q.weight", "keep": null,
         "scheme": {"bits": 4, "symmetric": false, "group": 32, "scale": "f16", "clip": "mse"}}]}
      """)
    #expect(found.name == "mine")
    #expect(found.summary.isEmpty)
    #expect(found.thresholds == Thresholds())
    #expect(found.rules.map(\.match.description) == ["*", "*.to_q.weight"])
    #expect(
      found.rules.map(\.treatment) == [
        .keep,
        .quantize(
          Scheme(
            .int4, group: .columns32, symmetry: .asymmetric, scaleType: .float16,
            clipping: .meanSquaredError)),
      ])
  }

  private static let head = #""format": "mmdit-recipe", "version": 1, "name": "x""#

  private static func document(rule: String) -> String { "{\(head), \"rules\": [\(rule)]}" }

  private static func document(scheme: String) -> String {
    document(rule: #"{"match": "*", "scheme": \#(scheme)}"#)
  }

  /// Documents that are no recipe, and the first line of what is said of them.
  private static let hostile: [(document: String, message: String)] = [
    ("[]", "expected an object, found an array"),
    ("{\(head)}", #"expected the key "rules", found "format", "version", "name""#),
    ("{\(head), \"rules\": {}}", "rules: expected an array, found an object"),
    ("{\(head), \"rules\": [], \"treshold\": {}}", #"unknown key "treshold""#),
    (
      #"{"format": "mmdit-recipes", "version": 1, "name": "x", "rules": []}"#,
      "format: expected \"mmdit-recipe\", found \"mmdit-recipes\""
    ),
    (
      #"{"format": "mmdit-recipe", "version": 2, "name": "x", "rules": []}"#,
      "version: expected an integer from 1 to 1, found 2"
    ),
    (
      #"{"format": "mmdit-recipe", "version": 1, "name": 3, "rules": []}"#,
      "name: expected a string, found a number"
    ),
    (document(rule: "7"), "rules[0]: expected an object, found a number"),
    (
      document(rule: #"{"match": "*", "keep": true}, {"keep": true}"#),
      #"rules[1]: expected the key "match", found "keep""#
    ),
    (document(rule: #"{"match": "*"}"#), #"rules[0]: expected the key "keep", found "match""#),
    (
      document(rule: #"{"match": "*", "keep": false}"#),
      "rules[0].keep: expected true, or a scheme, found false"
    ),
    (
      document(rule: #"{"match": "*", "keep": "yes"}"#),
      "rules[0].keep: expected a boolean, found a string"
    ),
    (
      document(rule: #"{"match": "*", "keep": true, "scheme": {}}"#),
      "rules[0].keep: expected either a scheme or keep, found both"
    ),
    (
      document(rule: #"{"match": "*", "keep": true, "group": 64}"#),
      #"rules[0]: unknown key "group""#
    ),
    (
      document(rule: #"{"match": "*", "scheme": "int8"}"#),
      "rules[0].scheme: expected an object, found a string"
    ),
    (
      document(
        scheme: #"{"bits": 4, "symmetric": true, "group": 63, "scale": "bf16", "clip": "mse"}"#),
      #"rules[0].scheme.group: expected "row" or 16 or 32 or 64 or 128, found 63"#
    ),
    (
      document(
        scheme: #"{"bits": 4, "symmetric": true, "group": "64", "scale": "bf16", "clip": "mse"}"#),
      #"rules[0].scheme.group: expected "row" or 16 or 32 or 64 or 128, found "64""#
    ),
    (
      document(
        scheme: #"{"bits": 3, "symmetric": true, "group": 64, "scale": "bf16", "clip": "mse"}"#),
      "rules[0].scheme.bits: expected 8 or 4, found 3"
    ),
    (
      document(
        scheme: #"{"bits": 4, "symmetric": 1, "group": 64, "scale": "bf16", "clip": "mse"}"#),
      "rules[0].scheme.symmetric: expected a boolean, found a number"
    ),
    (
      document(
        scheme: #"{"bits": 4, "symmetric": true, "group": 64, "scale": "fp8", "clip": "mse"}"#),
      #"rules[0].scheme.scale: expected "f32" or "f16" or "bf16", found "fp8""#
    ),
    (
      document(scheme: #"{"bits": 4, "symmetric": true, "group": 64, "scale": "bf16"}"#),
      #"rules[0].scheme: expected the key "clip", found "bits", "symmetric", "group", "scale""#
    ),
    (
      document(
        scheme: """
          {"bits": 4, "symmetric": true, "group": 64, "scale": "bf16", "clip": "mse", "seed": 1}
          """),
      #"rules[0].scheme: unknown key "seed""#
    ),
    (
      "{\(head), \"rules\": [], \"thresholds\": {\"weight_relative_error\": \"0.1\"}}",
      "thresholds.weight_relative_error: expected a number, found a string"
    ),
    (
      "{\(head), \"rules\": [], \"thresholds\": {\"psnr\": 30}}",
      #"thresholds: unknown key "psnr""#
    ),
    (
      "{\(head), \"rules\": [], \"thresholds\": {\"latents_psnr_db\": 1e999}}",
      "thresholds.latents_psnr_db: expected a number in the range of a float64, found 1e999"
    ),
  ]

  @Test(arguments: hostile.indices) func hostileDocumentsAreRefusedWithThePlace(index: Int) {
    let (document, expected) = Self.hostile[index]
    let found = message { _ = try recipe(document) }
    #expect(found.split(separator: "\n").first ?? "" == "recipe.json: \(expected)", "\(document)")
  }
}
