internal import ArgumentParser
internal import FidelityReports
internal import Glibc
internal import ReportHistory
internal import ToolKit

struct Add: Tool {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a report to a history, a SQLite database.",
    discussion: helpText(
      purpose: """
        The history keeps the whole report and, in tables that any SQLite client can
        ask, its figures. The file is made with the first report.
        """,
      examples: [
        HelpExample(
          "after each release",
          "mmdit-report add fidelity.json --history fidelity.sqlite --label v1.2")
      ]))

  @Argument(help: "A report that mmdit-verify wrote with --json.", completion: .file())
  var report: String

  @Option(help: "The history.", completion: .file())
  var history: String

  @Option(help: "What to call the run. (default: the version of the suite in the report)")
  var label: String?

  @Option(
    help: "When it was made: 2026-11-27T08:30:00Z or 2026-11-27, in UTC. (default: now)",
    transform: { text in
      guard let time = Timestamp(text) else {
        throw ValidationError("expected 2026-11-27T08:30:00Z or 2026-11-27, found \(text)")
      }
      return time
    })
  var at: Timestamp?

  @Flag(help: "Replace the run of the same label.")
  var replace = false

  @OptionGroup var runOptions: RunOptions

  var stopMessage: String { "stopped; the history is as it was" }

  func execute(_ context: ToolContext) throws -> ToolExit {
    let read = try FidelityReport.read(report)
    let label = label ?? read.environment.suiteVersion
    let time = at ?? Timestamp(secondsSince1970: Glibc.time(nil))
    let opened = try History.open(history, for: .writing)
    try opened.add(read, label: label, at: time, replacing: replace)
    try context.print(
      printable(
        "\(history): added \(label), \(time): "
          + countText(try opened.runs().count, "run") + " in all"))
    return .done
  }
}
