internal import ArgumentParser
internal import Reports
internal import StrictJSON
internal import ToolKit

@main
struct Inspect: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-inspect",
    abstract: "Tells what a checkpoint or bundle is, and proves that it is whole.",
    discussion: helpText(
      purpose: """
        Reads a diffusers pipeline folder, a folder of weights, a safetensors or GGUF file,
        or a bundle. Every header is validated; data are read only for --statistics.
        """,
      examples: [
        HelpExample("what is this?", "mmdit-inspect FLUX.2-klein-4B"),
        HelpExample(
          "every tensor, for a script",
          "mmdit-inspect flux-2-klein-4b.safetensors --json | jq '.tensors[].name'"),
        HelpExample(
          "which rows have outliers?", "mmdit-inspect FLUX.2-klein-4B/transformer --statistics"),
        HelpExample("which models are known, and how large are they?", "mmdit-inspect --families"),
      ]),
    version: suiteVersion)

  @Argument(
    help: "A pipeline folder, a folder of weights, a safetensors or GGUF file, or a bundle.",
    completion: .file())
  var path: String?

  @Flag(help: "List the published models that are known, and their sizes by recipe.")
  var families = false

  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  @Flag(help: "List every tensor; JSON always does.")
  var tensors = false

  @Flag(help: "Read all data: absmax, rms, kurtosis and the rows that stand out.")
  var statistics = false

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    guard (path == nil) == families else {
      throw ValidationError("expected either a path or --families")
    }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    guard let path else {
      let list = try FamilyList()
      try context.print(json ? list.document.pretty() : list.text)
      return .done
    }
    let inspection = try inspect(
      path, statistics: statistics, threads: context.threadCount, monitor: context.monitor)
    try context.print(
      json ? inspection.document.pretty() : printable(inspection.text(tensors: tensors)))
    return .done
  }
}
