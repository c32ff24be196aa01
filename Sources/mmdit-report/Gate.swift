internal import ArgumentParser
internal import FidelityReports
internal import Glibc
internal import Reports
internal import StrictJSON
internal import ToolKit

struct Gate: Tool {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Fails when a report got worse than a baseline.",
    discussion: helpText(
      purpose: """
        Compares candidate by candidate and prompt by prompt. A metric fails when
        even the lower bound of its interval is beyond the tolerance, so that noise
        does not fail a build; verdicts, tensors and sizes are compared directly.
        Exit code 1 says that something got worse beyond tolerance. formats/gate.md
        has the rules and the tolerances.
        """,
      examples: [
        HelpExample(
          "in a build", "mmdit-report gate --baseline reports/fidelity.json fidelity.json"),
        HelpExample(
          "with the files that CI systems show",
          "mmdit-report gate --baseline old.json new.json --junit gate.xml --github"),
      ]))

  @Option(help: "The report to hold the other to.", completion: .file())
  var baseline: String

  @Argument(help: "The report of the current build.", completion: .file())
  var report: String

  @Option(
    help: "Tolerances that are not the default ones, a JSON file; see formats/gate.md.",
    completion: .file())
  var tolerances: String?

  @Option(help: "Write the checks as JUnit XML here.", completion: .file())
  var junit: String?

  @Flag(
    help: """
      Print commands of GitHub Actions for what got worse, and append a summary to the file \
      of GITHUB_STEP_SUMMARY, if that is set.
      """)
  var github = false

  @Option(help: "Write the result for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var resamplingOptions: ResamplingOptions

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    if github && json == "-" {
      throw ValidationError("--github and --json -: both want standard output; name a file")
    }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    let gate = try FidelityReports.Gate(
      baseline: FidelityReport.read(baseline), current: FidelityReport.read(report),
      tolerances: tolerances.map { try GateTolerances.read($0) } ?? GateTolerances(),
      resampling: resamplingOptions.resampling, generator: resamplingOptions.generator)
    if json != "-" { try context.print(printable(gate.text)) }
    try context.write(gate.document, to: json)
    if let junit { try writeDocument(gate.junit, to: junit) }
    if github {
      for command in gate.workflowCommands { try context.print(command) }
      if let summary = environmentVariable("GITHUB_STEP_SUMMARY"), !summary.isEmpty {
        try appendDocument(gate.markdown, to: summary)
      }
    }
    return gate.passes ? .done : .finding
  }
}

/// The value of an environment variable; nil when it is not set.
private func environmentVariable(_ name: String) -> String? {
  // The text is copied before anything else could change the environment.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}
