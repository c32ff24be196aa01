internal import ArgumentParser
internal import Bundles
internal import Checkpoints
internal import Conversion
internal import Reports
internal import Storage
internal import Tensors
internal import ToolKit

@main
struct Convert: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-convert",
    abstract: "Writes a checkpoint, or a whole pipeline, in another layout, without losing a bit.",
    discussion: helpText(
      purpose: """
        Fused tensors are split and joined, names and row order changed; values are not
        touched unless --dtype asks for it. Every source row is accounted for.
        An output that ends in .safetensors is one file and takes one component, the
        transformer where there are several; any other is a folder and takes all, with
        everything else that a pipeline folder has. A bundle becomes a bundle: its codes and
        scales are moved, not decoded, unless --dequantize asks for values. Other codes are
        read of every program that formats/coded-checkpoints.md lists.
        mmdit-inspect --families lists the models.
        """,
      examples: [
        HelpExample(
          "a diffusers folder as one file for ComfyUI",
          "mmdit-convert FLUX.2-klein-4B --layout bfl --output flux-2-klein-4b.safetensors"),
        HelpExample(
          "and back, in shards",
          "mmdit-convert flux-2-klein-4b.safetensors --layout diffusers --output transformer "
            + "--max-shard-size 5GB"),
        HelpExample(
          "go on with a conversion that was killed, or found the disk full",
          "mmdit-convert flux-2-klein-4b.safetensors --layout diffusers --output transformer "
            + "--max-shard-size 5GB --resume"),
        HelpExample(
          "a bundle under the names that ComfyUI reads",
          "mmdit-convert klein-int8.mmdit --layout comfyui --output klein-int8-comfyui.mmdit"),
        HelpExample(
          "codes of another program, or a bundle, as plain values",
          "mmdit-convert klein-nf4 --dequantize --dtype bf16 --output klein-bf16.safetensors"),
        HelpExample(
          "what would become of each tensor?",
          "mmdit-convert FLUX.2-klein-4B --layout bfl --output x.safetensors --dry-run --json -"),
      ]),
    version: suiteVersion)

  @Argument(
    help: """
      A pipeline folder, the folder of a component, an index, a safetensors or GGUF file, or a bundle.
      """,
    completion: .file())
  var input: String

  @Option(
    name: .shortAndLong,
    help: "The safetensors file, the folder or, from a bundle, the bundle to write.",
    completion: .file())
  var output: String

  @Option(
    help: """
      The names and rows to write: of diffusers, of the first publication (bfl), or with \
      ComfyUI's prefix.
      """)
  var layout = LayoutName.diffusers

  @Option(help: "Cast every tensor to this type; left out, each keeps its own.")
  var dtype: PlainType?

  @Flag(
    help: """
      Write codes as values, of the type of --dtype or else bf16; without either they are refused.
      """)
  var dequantize = false

  @Option(help: "Start another file before this size is passed: 5GB, 500MB.")
  var maxShardSize: String?

  @Flag(help: "Say what would become of each tensor; write nothing.")
  var dryRun = false

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
    let isBundle = try FileSystem.kind(of: input) == .file && Bundle.isBundle(input)
    if isBundle, !dequantize { return try convertBundle(context) }
    let job = try ConversionJob(
      isBundle ? Bundle.open(input).model() : Model.open(input), output: output,
      layout: layout.layout, type: dtype?.elementType, dequantizing: dequantize,
      maximumFileSize: maxShardSize)
    let outcome =
      dryRun
      ? nil
      : try job.run(
        threads: context.threadCount, resuming: resume, producer: "mmdit-convert \(suiteVersion)",
        monitor: context.monitor)
    let report = ConversionReport(job, outcome, threads: context.threadCount)
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    return .done
  }
}
