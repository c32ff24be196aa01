internal import ArgumentParser
internal import FidelityReports
internal import ReportHistory
internal import Reports
internal import StrictJSON
internal import ToolKit

struct Trend: Tool {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "Tells how a number of the candidates changed over the runs of a history.",
    discussion: helpText(
      purpose: """
        Errors are geometric means over the goldens of a run, other metrics
        arithmetic ones. Runs on another golden set are marked: their means are not
        comparable.
        """,
      examples: [
        HelpExample(
          "how did pictures change?", "mmdit-report trend --history fidelity.sqlite --metric flip")
      ]))

  @Option(help: "The history.", completion: .file())
  var history: String

  @Option(
    help: ArgumentHelp(
      "What to follow: \(TrendMetric.allCases.map(\.name).joined(separator: ", ")).",
      valueName: "metric"),
    transform: { text in
      guard let metric = TrendMetric(name: text) else {
        throw ValidationError(
          "expected one of \(TrendMetric.allCases.map(\.name).joined(separator: ", ")), "
            + "found \(text)")
      }
      return metric
    })
  var metric = TrendMetric.mean(.velocityError)

  @Option(help: "Follow only this candidate, in every arithmetic.")
  var candidate: String?

  @Option(help: "Write the trend for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let lines = try History.open(history).trend(metric, candidate: candidate)
    if json != "-" { try context.print(printable(trendText(lines, of: metric))) }
    try context.write(trendDocument(lines, of: metric), to: json)
    return .done
  }
}
