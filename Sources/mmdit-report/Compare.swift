internal import ArgumentParser
internal import FidelityReports
internal import ReportHistory
internal import Reports
internal import StrictJSON
internal import ToolKit

struct Compare: Tool {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares any two runs: reports, or labels of a history.",
    discussion: helpText(
      purpose: """
        Candidates are paired by name and their runs by prompt. For each metric it
        tells the mean change and where it lies for prompts in general, by
        resampling the prompts; formats/gate.md says how. A candidate that was run in
        another arithmetic is named.
        """,
      examples: [
        HelpExample("two reports", "mmdit-report compare old.json new.json"),
        HelpExample(
          "two versions of a history",
          "mmdit-report compare v1.1 v1.2 --history fidelity.sqlite"),
        HelpExample(
          "what does W8A8 cost beside the weights alone?",
          "mmdit-report compare float32.json int8.json"),
      ]))

  @Argument(help: "The baseline: a report, or a label of the history.", completion: .file())
  var baseline: String

  @Argument(help: "What to compare with it, likewise.", completion: .file())
  var current: String

  @Option(help: "The history that labels are of.", completion: .file())
  var history: String?

  @Option(
    help: "Write the comparison for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var resamplingOptions: ResamplingOptions

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let opened = try history.map { try History.open($0) }
    let comparison = Comparison(
      baseline: try read(baseline, in: opened), current: try read(current, in: opened),
      resampling: resamplingOptions.resampling, generator: resamplingOptions.generator)
    if json != "-" { try context.print(printable(comparison.text)) }
    try context.write(comparison.document, to: json)
    return .done
  }

  /// A label of the history, else a file.
  private func read(_ name: String, in history: History?) throws -> FidelityReport {
    if let history, try history.contains(name) || !name.hasSuffix(".json") {
      return try history.report(name)
    }
    return try FidelityReport.read(name)
  }
}
