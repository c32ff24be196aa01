internal import ArgumentParser
internal import ToolKit

struct Page: Tool {
  static let configuration = CommandConfiguration(commandName: "page", version: suiteVersion)

  @Argument(help: "Reports that mmdit-verify wrote with --json.", completion: .file())
  var reports: [String]

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit { .done }
}
