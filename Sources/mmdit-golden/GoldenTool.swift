internal import ArgumentParser
internal import ToolKit

@main
struct GoldenTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-golden",
    abstract: "Records runs of a model to measure candidates against, and proves recorded ones.",
    version: suiteVersion,
    subcommands: [Record.self, Check.self])
}
