internal import ArgumentParser
internal import Fidelity
internal import Goldens
internal import Rendering
internal import Reports
internal import ToolKit

struct Check: Tool {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Proves a golden set: every tensor is there, and the model makes them again.",
    discussion: helpText(
      purpose: """
        Every tensor must have its shape and finite values. With --checkpoint,
        embeddings, predictions, whole runs and pictures are computed anew in
        float32 and compared; exit code 1 says that some differ by more than two
        float32 programs do.
        """,
      examples: [
        HelpExample("is the set whole?", "mmdit-golden check goldens.safetensors"),
        HelpExample(
          "is it of this model, and does this suite agree with its producer?",
          "mmdit-golden check goldens.safetensors --checkpoint FLUX.2-klein-4B"),
      ]))

  @Argument(
    help: "The golden set: a .safetensors file with its .json beside it.", completion: .file())
  var golden: String

  @Option(help: "The pipeline folder of the unquantized model.", completion: .directory)
  var checkpoint: String?

  @Option(help: "Check only the golden of this id; may be repeated.")
  var only: [String] = []

  @Option(help: "Write a report for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var runOptions: RunOptions

  func execute(_ context: ToolContext) throws -> ToolExit {
    let set = try GoldenSet.open(golden)
    let wanted = only.isEmpty ? set.goldens : try only.map { try set.golden($0) }
    for golden in wanted { _ = try set.load(golden) }
    let checks = try checkpoint.map { checkpoint in
      try checkGoldens(
        wanted.filter(\.loras.isEmpty), of: set, with: PicturePipeline.open(checkpoint),
        threads: context.threadCount, monitor: context.monitor)
    }
    let report = GoldenCheckReport(
      set, checks: checks ?? [], skipped: wanted.filter { !$0.loras.isEmpty })
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    return report.passes ? .done : .finding
  }
}
