import Bundles
import Families
import Quantization
import Recipes
import Reports
import StrictJSON
import Tensors
import TestSupport
import Testing

@Suite struct QuantizationReportTests {
  /// FLUX.2 [klein] 4B.
  private static let klein = Flux2Configuration(
    headCount: 24, headSize: 128, doubleBlockCount: 5, singleBlockCount: 20, textSize: 7680,
    inputChannels: 128, outputChannels: 128, feedForwardSize: 9216, rotaryAxes: [32, 32, 32, 32],
    rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 256, hasGuidance: false)

  /// The plan for a model in bf16 that exists only as a description.
  private func plan(_ configuration: Flux2Configuration, _ recipe: Recipe) throws -> BundlePlan {
    let configuration = configuration.component
    let source = WeightsInMemory(
      described: configuration.weights.map {
        WeightDescription(
          name: $0.name, shape: $0.shape, encoding: "BF16", storedByteCount: 2 * $0.shape.count)
      })
    let identity = Identity(family: .flux2, layout: .diffusers, prefix: "", evidence: [])
    let weights = try CanonicalWeights(source, identity: identity, configuration: configuration)
    return try BundlePlan(Assignment(recipe, to: weights), configuration: configuration)
  }

  private func plan(_ recipe: BuiltInRecipe) throws -> BundlePlan {
    try plan(Self.klein, recipe.recipe(for: .flux2))
  }

  private func report(_ plan: BundlePlan) -> (QuantizationReport, JSONField) {
    let report = QuantizationReport(
      plan: plan, sourceByteCount: 2 * plan.weightCount, threads: 4)
    return (report, JSONField(document: "report", value: report.document(nil)))
  }

  private static let kept = Recipe(
    name: "kept", summary: "",
    rules: [Rule(match: "*", treatment: .keep, reason: "it is wanted so")],
    thresholds: Thresholds())

  @Test(arguments: BuiltInRecipe.allCases)
  func tensorsSumToTheWholeOfAPublishedModel(recipe: BuiltInRecipe) throws {
    let plan = try plan(recipe)
    let (_, document) = report(plan)
    let tensors = try document["tensors"].array()
    #expect(tensors.count == 169)
    let bytes = try tensors.reduce(0) { $0 + (try $1["bytes"].integer()) }
    #expect(bytes == plan.weightByteCount)
    #expect(try document["weight_bytes"].integer() == bytes)
    #expect(try document["parameters"].integer() == 3_875_544_576)
    #expect(try document["source_bytes"].integer() == 2 * 3_875_544_576)
    #expect(
      try document["bits_per_weight"].double() == 8 * Double(bytes) / 3_875_544_576)
    #expect(try document["dry_run"].bool())
    #expect(try document["output_bytes"].value == .null)
    #expect(try document["peak_memory_bytes"].value == .null)
    #expect(try document["recipe"].value == plan.recipe.document)
    // 5 × 12 + 20 × 2 matrices in the blocks, all but them kept.
    #expect(try tensors.count { try $0["quantized"].bool() } == (recipe == .keep ? 0 : 100))
    #expect(
      try document["disk_bytes_needed"].integer() > bytes)
  }

  /// D = 3072, M = 3 D. A double block has in each stream 3 D² of q, k, v, D² of projection,
  /// 2 M D + D M of feed-forward = 13 D², in 3 D + D + 2 M + D = 11 D rows; a single block
  /// (3 D + 2 M) D + D (D + M) = 13 D² in 10 D rows. Five and twenty of them: 390 D² values in
  /// 310 D rows. All else stays in two bytes.
  @Test func eightBitsTakeAByteAndAScaleForEachRow() throws {
    let plan = try plan(.int8)
    let width = 3072
    let quantized = 390 * width * width
    let rows = 310 * width
    #expect(plan.weightByteCount == quantized + 2 * rows + 2 * (3_875_544_576 - quantized))
  }

  @Test func theDryRunSaysWhatIsKeptAndWhatItCosts() throws {
    let plan = try plan(.int8)
    let (report, _) = report(plan)
    // By the sum above 4,072,492,032 bytes.
    #expect(
      report.costs.hasPrefix("weights 4.1 GB of 7.8 GB, 8.407 bits/weight\ndisk needed 4.1 GB\n"))
    #expect(report.costs.contains(" with 4 threads\n"))
    #expect(
      report.costs.hasSuffix(
        "\nfits a card of: 6 GB yes, 8 GB yes, 12 GB yes, 16 GB yes, 24 GB yes "
          + "(these weights alone)"))
    let lines = report.dryRunText.split(separator: "\n")
    #expect(
      lines.first?.split(separator: " ") == ["tensor", "shape", "stored", "as", "bytes", "reason"])
    #expect(lines.contains("quantized 100 of 169 tensors"))
    #expect(
      lines.contains("kept 60: the scales of query and key norms are vectors of one head"))
    #expect(
      lines.contains(
        "kept 3: shared by all blocks: shift, scale and gate multiply every activation"))
    #expect(lines.contains { $0.hasPrefix("kept 2: it steers every modulation of a step") })
    let first = try #require(lines.first { $0.hasPrefix("x_embedder.weight ") })
    #expect(first.split(separator: " ")[1...3] == ["[3072,", "128]", "BF16"])
    #expect(first.contains(" 786,432  the latents enter here"))
  }

  /// A network without blocks has D (C + J + T + 18 D + C) weights; D = 4096, C = 128, T = 256. Kept
  /// in bf16, J = n · 2¹⁷ − 512 − 18 D makes it exactly n GiB, and one more text channel 8 KiB more.
  @Test(arguments: [6, 8, 12, 16, 24]) func aCardFitsWhatIsExactlyItsSize(gigabytes: Int) throws {
    for (more, expected) in [(0, true), (1, false)] {
      var configuration = Self.klein
      configuration.headCount = 32
      configuration.feedForwardSize = 12288
      configuration.doubleBlockCount = 0
      configuration.singleBlockCount = 0
      configuration.textSize = gigabytes << 17 - 512 - 18 * 4096 + more
      let plan = try plan(configuration, Self.kept)
      #expect(plan.weightByteCount == gigabytes << 30 + more * 8192)
      let (report, document) = report(plan)
      #expect(try document["fits"]["\(gigabytes)_gb"].bool() == expected)
      #expect(report.costs.contains("\(gigabytes) GB \(expected ? "yes" : "no")"))
      for other in [6, 8, 12, 16, 24] where other != gigabytes {
        #expect(try document["fits"]["\(other)_gb"].bool() == (other > gigabytes))
      }
    }
  }

  @Test func memoryGrowsWithThreadsAndNotWithTheModel() throws {
    let small = try plan(Self.klein, Self.kept)
    var configuration = Self.klein
    configuration.textSize *= 100
    let large = try plan(configuration, Self.kept)
    #expect(large.weightByteCount > small.weightByteCount + 4 << 30)
    func bound(_ plan: BundlePlan, _ threads: Int) throws -> Int {
      let report = QuantizationReport(plan: plan, sourceByteCount: 0, threads: threads)
      return try JSONField(document: "report", value: report.document(nil))[
        "peak_memory_bytes_bound"
      ].integer()
    }
    #expect(try bound(small, 2) > bound(small, 1))
    // A row of 768,000 values is longer than a block of 2¹⁹: it counts, the model does not.
    #expect(try bound(large, 1) - bound(small, 1) == 32 * (768_000 - 1 << 19))
    #expect(try bound(large, 16) < 1 << 30)
  }
}
