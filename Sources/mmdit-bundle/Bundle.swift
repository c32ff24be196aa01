internal import ArgumentParser

@main
struct Bundle: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mmdit-bundle")
}
