internal import ArgumentParser
internal import Exchange
internal import Reports
internal import ToolKit

@main
struct Export: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-export",
    abstract: "Writes a model as another runtime loads it, and reads it back.",
    discussion: helpText(
      purpose: """
        A checkpoint is quantized as the target stores it; the layers are those that the
        family's table names. The codes of a bundle are moved as they are where the target
        can hold them; where it cannot, the export goes back to --source, or is refused.
        Whether the target can hold every tensor is known before any work, and every weight
        is read back and compared before the output gets its name.
        A target that is a folder takes, of a pipeline, every component that it knows.
        """,
      examples: [
        HelpExample("what is written, and where does it load?", "mmdit-export --list"),
        HelpExample(
          "for ComfyUI-GGUF and stable-diffusion.cpp",
          "mmdit-export FLUX.2-klein-4B --to gguf:Q4_K_M --output klein-Q4_K_M.gguf"),
        HelpExample(
          "a pipeline for diffusers, transformer and text encoder in NF4",
          "mmdit-export FLUX.2-klein-4B --to bitsandbytes:nf4 --output klein-nf4"),
        HelpExample(
          "the codes of a bundle for ComfyUI, none of them changed",
          "mmdit-export klein-int8.mmdit --to comfyui:int8 --output klein-int8.safetensors"),
        HelpExample(
          "a bundle whose codes the target cannot hold, from what it was made of",
          "mmdit-export klein-int8.mmdit --source FLUX.2-klein-4B --to gguf:Q8_0 "
            + "--output klein-Q8_0.gguf"),
      ]),
    version: suiteVersion)

  @Argument(
    help: """
      A pipeline folder, the folder of a component, a safetensors or GGUF file, or a bundle.
      """,
    completion: .file())
  var input: String?

  @Option(help: "The runtime and what it shall store: gguf:Q4_K_M, bitsandbytes:nf4; see --list.")
  var to: String?

  @Option(name: .shortAndLong, help: "The file or folder to write.", completion: .file())
  var output: String?

  @Option(
    help:
      "The checkpoint that a bundle was made from; its files are compared with the bundle's record.",
    completion: .file())
  var source: String?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Compare the files of --source by SHA-256 where the bundle has recorded it. It takes 0.55 s of \
      one processor for each GB, and a file at 1.8 GB/s at most. Without it only their names and \
      sizes are compared, and other weights of the same size are not noticed.
      """)
  var sourceDigests = true

  @Option(help: "Start another file before this size is passed: 5GB, 500MB.")
  var maxShardSize: String?

  @Flag(help: "List every target: what it carries and where it loads.")
  var list = false

  @Flag(help: "Say what would become of each tensor; write nothing.")
  var dryRun = false

  @Option(help: "Write a report for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    guard !list else { return }
    for (name, value) in [("an input", input), ("--to", to), ("--output", output)]
    where value == nil {
      throw ValidationError("expected \(name), found none; --list lists the targets")
    }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    guard !list, let input, let to, let output else {
      if json != "-" { try context.print(printable(TargetList.text)) }
      try context.write(TargetList.document, to: json)
      return .done
    }
    let job = try ExportJob(
      model: input, target: to, output: output, source: source, maximumFileSize: maxShardSize)
    let outcome =
      dryRun
      ? nil
      : try job.run(
        digestsSources: sourceDigests, threads: context.threadCount, monitor: context.monitor)
    let report = try ExportReport(job, outcome, threads: context.threadCount)
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    return .done
  }
}
