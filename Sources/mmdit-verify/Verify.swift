internal import ArgumentParser

@main
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mmdit-verify")
}
