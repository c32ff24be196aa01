internal import ArgumentParser
internal import ToolKit

@main
struct ReportTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-report",
    abstract: "Shows, remembers, compares and gates what verifications found.",
    version: suiteVersion,
    subcommands: [Page.self, Add.self, Trend.self, Compare.self, Gate.self],
    defaultSubcommand: Page.self)
}
