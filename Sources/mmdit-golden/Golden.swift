internal import ArgumentParser
internal import ToolKit

@main
struct Golden: Tool {
  static let configuration = CommandConfiguration(commandName: "mmdit-golden", version: suiteVersion)

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit { .done }
}
