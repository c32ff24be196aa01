internal import ArgumentParser

@main
struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mmdit-quantize")
}
