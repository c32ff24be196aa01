internal import ArgumentParser

@main
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mmdit-inspect")
}
