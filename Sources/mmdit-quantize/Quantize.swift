internal import ArgumentParser
internal import Bundles
internal import Recipes
internal import Reports
internal import ToolKit

@main
struct Quantize: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-quantize",
    abstract: "Quantizes a checkpoint, or a whole pipeline, to bundles of int8 and int4 codes.",
    discussion: helpText(
      purpose: """
        A recipe says which tensors become what, and why. Built in are:
        \(BuiltInRecipe.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))
        Memory is bounded whatever the size of the checkpoint; --dry-run tells the bound.
        The output appears under its name only when it is whole.
        """,
      examples: [
        HelpExample(
          "what would it cost, and which card would it fit?",
          "mmdit-quantize FLUX.2-klein-4B --recipe int4-g64 --output klein.mmdit --dry-run"),
        HelpExample(
          "a bundle to map and run",
          "mmdit-quantize FLUX.2-klein-4B --recipe int8 --output klein-int8.mmdit"),
        HelpExample(
          "go on with one that was killed, or found the disk full",
          "mmdit-quantize FLUX.2-klein-4B --recipe int8 --output klein-int8.mmdit --resume"),
        HelpExample(
          "a whole pipeline, a bundle for each component that is quantized",
          "mmdit-quantize FLUX.2-klein-4B --recipe transformer=int4-g64,text_encoder=int8 "
            + "--output klein-small"),
        HelpExample(
          "a smaller one to publish",
          "mmdit-quantize FLUX.2-klein-4B --recipe int8 --output klein-int8.mmdit --compress"),
      ]),
    version: suiteVersion)

  @Argument(
    help: "A pipeline folder, the folder of a component, or a safetensors or GGUF file.",
    completion: .file())
  var model: String

  @Option(
    help: """
      A built-in recipe or a JSON file, see formats/recipe.md; or one for each component of a \
      pipeline: transformer=int4-g64,text_encoder=int8. Components without one are copied.
      """,
    completion: .list(BuiltInRecipe.allCases.map(\.rawValue)))
  var recipe: String

  @Option(
    name: .shortAndLong, help: "The bundle to write, or the folder when components are named.",
    completion: .file())
  var output: String

  @Option(
    help: """
      The names and rows to write: of diffusers, of the first publication (bfl), or with \
      ComfyUI's prefix. Recipes speak of those of diffusers all the same.
      """)
  var layout = LayoutName.diffusers

  @Flag(help: "Print sizes, memory, disk and what fits; write nothing.")
  var dryRun = false

  @Flag(help: "Compress every segment in chunks of rows: smaller to download, not mappable.")
  var compress = false

  @Flag(
    inversion: .prefixedNo,
    help: """
      Record the SHA-256 of every source. It takes 0.55 s of one processor for each GB, and a file \
      is digested at 1.8 GB/s at most, whatever else is fast. Without it the bundle names its \
      sources and their sizes, and nobody can prove later which bytes it was made of.
      """)
  var sourceDigests = true

  @Flag(
    help: """
      Go on where an earlier run of the same command stopped; checked by checksums. What is \
      finished stays when this run stops, too.
      """)
  var resume = false

  @Option(help: "Write a report for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var runOptions: RunOptions

  var stopMessage: String {
    resume
      ? "stopped; what is finished stays, and --resume goes on from there"
      : "stopped; nothing was written"
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    if let recipes = try ComponentRecipes(parsing: recipe) {
      return try quantizePipeline(recipes, context)
    }
    let job = try QuantizationJob(
      model: model, recipe: recipe, layout: layout.layout, threads: context.threadCount)
    let report = QuantizationReport(job)
    if dryRun {
      if json != "-" { try context.print(printable(report.dryRunText)) }
      try context.write(report.document(nil), to: json)
      return .done
    }
    context.log(.info, report.costs)
    let outcome = try job.run(
      output: output, compress: compress, digestsSources: sourceDigests, resuming: resume,
      producer: "mmdit-quantize \(suiteVersion)", monitor: context.monitor)
    if json != "-" { try context.print(printable(report.text(outcome, output: output))) }
    try context.write(report.document(outcome), to: json)
    return .done
  }

  private func quantizePipeline(
    _ recipes: ComponentRecipes, _ context: ToolContext
  ) throws -> ToolExit {
    let job = try PipelineQuantization(
      model: model, recipes: recipes, layout: layout.layout, threads: context.threadCount)
    let report = PipelineQuantizationReport(job)
    let outcome =
      dryRun
      ? nil
      : try job.run(
        output: output, compress: compress, digestsSources: sourceDigests, resuming: resume,
        producer: "mmdit-quantize \(suiteVersion)", monitor: context.monitor)
    if json != "-" {
      let text = outcome.map { report.text($0, output: output) } ?? report.dryRunText
      try context.print(printable(text))
    }
    try context.write(report.document(outcome), to: json)
    return .done
  }
}
