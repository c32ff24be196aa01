internal import ArgumentParser
internal import Reports
internal import StrictJSON
internal import ToolKit

struct List: Tool {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the tensors of a bundle with their schemes, sizes and checksums.",
    discussion: helpText(
      purpose: "The same facts as mmdit-inspect --tensors.",
      examples: [HelpExample("what is in it?", "mmdit-bundle list klein-int8.mmdit")]))

  @Argument(help: "A bundle.", completion: .file(extensions: ["mmdit"]))
  var bundle: String

  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let inspection = try inspectBundle(bundle)
    try context.print(
      json ? inspection.document.pretty() : printable(inspection.text(tensors: true)))
    return .done
  }
}
