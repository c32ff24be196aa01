internal import ArgumentParser
internal import ToolKit

@main
struct Render: Tool {
  static let configuration = CommandConfiguration(commandName: "mmdit-render", version: suiteVersion)

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit { .done }
}
