internal import ArgumentParser
internal import Fidelity
internal import FidelityReports
internal import Goldens
internal import Operations
internal import Recipes
internal import Reports
internal import Storage
internal import ToolKit

@main
struct Verify: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-verify",
    abstract: "Measures what a quantized model lost, on golden prompts.",
    discussion: helpText(
      purpose: """
        Runs the reference and every candidate through the network in float32 and
        compares them with recorded runs: each prediction at the recorded latents,
        whole runs on their own, and every tensor with the reference. --arithmetic
        runs the candidates as a runtime does that multiplies in less. Limits come
        from --thresholds, else from the recipe in a bundle. Exit code 1 says that
        some limit is not kept.
        """,
      examples: [
        HelpExample(
          "is my bundle good enough to publish?",
          "mmdit-verify --golden goldens.safetensors --reference model --candidate int8.mmdit"),
        HelpExample(
          "two candidates, a quick look at two prompts, a report to read",
          "mmdit-verify --golden goldens.safetensors --reference model --candidate a.mmdit "
            + "--candidate b.mmdit --only red-apple --only cat --markdown fidelity.md"),
        HelpExample(
          "what would W8A8 lose on this bundle, beside its weights alone?",
          "mmdit-verify --golden goldens.safetensors --reference model --candidate int8.mmdit "
            + "--arithmetic float32 --arithmetic int8"),
      ]),
    version: suiteVersion)

  @Option(
    help: "The golden set: a .safetensors file with its .json beside it.", completion: .file())
  var golden: String

  @Option(help: "The unquantized model that the goldens were made with.", completion: .file())
  var reference: String

  @Option(
    help: """
      A bundle, a checkpoint, or a file or folder of another runtime; may be repeated.
      """, completion: .file())
  var candidate: [String] = []

  @Option(
    help: """
      What candidates multiply in: float32, bfloat16, or int8 with a scale for each token and each \
      row of weights (W8A8); may be repeated. The reference is always run in float32. (default: \
      float32)
      """)
  var arithmetic: [ArithmeticName] = []

  @Option(help: "Run only the golden of this id; may be repeated.")
  var only: [String] = []

  @Option(
    help: "Limits for every candidate, a JSON file; see formats/recipe.md.", completion: .file())
  var thresholds: String?

  @Option(help: "Write a report for machines here; - is standard output.", completion: .file())
  var json: String?

  @Option(help: "Write a report for people here, in Markdown.", completion: .file())
  var markdown: String?

  @Option(
    help: """
      Write the predictions at the recorded latents into this folder, a safetensors file for \
      each candidate: to compare another runtime with.
      """,
    completion: .directory)
  var velocities: String?

  @Option(
    help: """
      Write the pictures of candidates and goldens into this folder, as PNG, and compare them; the \
      reference must be a pipeline with its autoencoder.
      """,
    completion: .directory)
  var images: String?

  @Flag(
    help: """
      Measure what each module adds to the error by itself, at the first, the middle and the last \
      step: it costs two more passes for each of them.
      """)
  var attribution = false

  @Flag(help: "Check everything and say what would be measured; run and write nothing.")
  var dryRun = false

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let plan = try VerificationPlan(
      GoldenSet.open(golden), reference: Candidate.open(reference, name: "reference"),
      candidates: Candidate.open(candidate, in: arithmetics), options: verificationOptions())
    guard !dryRun else {
      let report = VerificationPlanReport(plan)
      if json != "-" { try context.print(printable(report.text)) }
      try context.write(report.document, to: json)
      return .done
    }
    let verification = try plan.run(threads: context.threadCount, monitor: context.monitor)
    let report = try verification.report(
      environment: .current(threads: context.threadCount), relativeTo: reportFolder)
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    if let markdown { try writeDocument(report.markdown, to: markdown) }
    return report.passes ? .done : .finding
  }

  /// Those of the command line, each once.
  private var arithmetics: [Arithmetic] {
    guard !arithmetic.isEmpty else { return [.float32] }
    return Arithmetic.allCases.filter { known in arithmetic.contains { $0.arithmetic == known } }
  }

  /// Where the JSON report lies, from which it names pictures.
  private var reportFolder: String {
    guard let json, json != "-" else { return "" }
    return FileSystem.folder(of: json)
  }

  private func verificationOptions() throws -> VerificationOptions {
    var options = VerificationOptions()
    options.thresholds = try thresholds.map { try Thresholds.read($0) }
    options.only = only
    options.velocitiesFolder = velocities
    options.picturesFolder = images
    if attribution { options.attributionPlaces = VerificationOptions.firstMiddleLast }
    return options
  }
}
