internal import ArgumentParser
internal import Fidelity
internal import FidelityReports
internal import Goldens
internal import Recipes
internal import Reports
internal import ToolKit

@main
struct Verify: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-verify",
    abstract: "Measures what a quantized model lost, on golden prompts.",
    discussion: helpText(
      purpose: """
        Runs the reference and every candidate through the network in float32 and compares
        them with recorded runs: each prediction at the recorded latents, whole runs on their
        own, and every tensor with the reference. Limits come from --thresholds, else from
        the recipe in a bundle. Exit code 1 says that some limit is not kept.
        """,
      examples: [
        HelpExample(
          "is my bundle good enough to publish?",
          "mmdit-verify --golden goldens.safetensors --reference model --candidate int8.mmdit"),
        HelpExample(
          "two candidates, a quick look at two prompts, a report to read",
          "mmdit-verify --golden goldens.safetensors --reference model --candidate a.mmdit "
            + "--candidate b.mmdit --only red-apple --only cat --markdown fidelity.md"),
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

  @Flag(
    help: """
      Measure what each module adds to the error by itself, at the first, the middle and the last \
      step: it costs two more passes for each of them.
      """)
  var attribution = false

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let verification = try verify(
      GoldenSet.open(golden), reference: Candidate.open(reference, name: "reference"),
      candidates: Candidate.open(candidate), options: verificationOptions(),
      threads: context.threadCount, monitor: context.monitor)
    let report = try verification.report(environment: .current(threads: context.threadCount))
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    if let markdown { try writeDocument(report.markdown, to: markdown) }
    return report.passes ? .done : .finding
  }

  private func verificationOptions() throws -> VerificationOptions {
    var options = VerificationOptions()
    options.thresholds = try thresholds.map { try Thresholds.read($0) }
    options.only = only
    options.velocitiesFolder = velocities
    if attribution { options.attributionPlaces = VerificationOptions.firstMiddleLast }
    return options
  }
}
