internal import ArgumentParser
internal import ToolKit

@main
struct Report: Tool {
  static let configuration = CommandConfiguration(commandName: "mmdit-report", version: suiteVersion)

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit { .done }
}
