internal import ArgumentParser
internal import ToolKit

@main
struct BundleTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-bundle",
    abstract: "Checks, lists, unpacks and repacks bundles.",
    version: suiteVersion,
    subcommands: [Check.self, List.self, Unpack.self, Repack.self])
}
