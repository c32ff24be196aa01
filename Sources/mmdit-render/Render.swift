internal import ArgumentParser
internal import Operations
internal import Rendering
internal import Reports
internal import ToolKit

@main
struct Render: Tool {
  static let configuration = CommandConfiguration(
    commandName: "mmdit-render",
    abstract: "Makes pictures of prompts, with full-precision or quantized weights.",
    discussion: helpText(
      purpose: """
        Runs a whole FLUX.2 pipeline in float32 on the processor: text encoder,
        transformer, autoencoder. As exact as float32 is, and slow: to see what
        weights make of a prompt, not to make many pictures. --arithmetic runs the
        transformer's blocks as a faster runtime would. What a picture was made with
        stands in its PNG file. The same seed gives the noise that diffusers draws on
        the CPU.
        """,
      examples: [
        HelpExample(
          "one picture",
          "mmdit-render FLUX.2-klein-4B --prompt \"a red apple\" --size 512x512 --output a.png"),
        HelpExample(
          "the same picture with the weights of a bundle",
          "mmdit-render FLUX.2-klein-4B --weights int8.mmdit --prompt \"a red apple\" "
            + "--size 512x512 --output b.png"),
        HelpExample(
          "… as a runtime makes it that multiplies in int8",
          "mmdit-render FLUX.2-klein-4B --weights int8.mmdit --arithmetic int8 "
            + "--prompt \"a red apple\" --size 512x512 --output c.png"),
        HelpExample(
          "edit a picture",
          "mmdit-render FLUX.2-klein-4B --prompt \"make it green\" --reference a.png "
            + "--output d.png"),
        HelpExample(
          "noise levels of one's own, from noise that another program used too",
          "mmdit-render FLUX.2-dev --prompts prompts.txt --sigmas 1.0,0.65,0.4,0.2 "
            + "--noise noise.safetensors --output pictures"),
      ]),
    version: suiteVersion)

  @Argument(help: "A pipeline folder; its parts may be bundles.", completion: .directory)
  var model: String

  @Option(
    name: .shortAndLong, help: "The PNG file to write; of several prompts, the folder.",
    completion: .file())
  var output: String

  @Option(
    help: """
      Weights instead of the pipeline's: a bundle or any checkpoint of the transformer, the \
      text encoder or the autoencoder; may be repeated.
      """, completion: .file())
  var weights: [String] = []

  @Option(help: ArgumentHelp("Draws the initial noise.", valueName: "n"))
  var seed = 0

  @Option(
    help: ArgumentHelp(
      "Width and height, multiples of 16. (default: of the first reference, or 1024x1024)",
      valueName: "WxH"))
  var size: String?

  @Option(help: "A PNG file to edit or follow; may be repeated.", completion: .file())
  var reference: [String] = []

  @Option(
    help: ArgumentHelp(
      "Initial latents instead of a seed: FILE.safetensors or FILE.safetensors:TENSOR.",
      valueName: "place"))
  var noise: String?

  @Option(
    help: """
      What the transformer's blocks multiply in: the reference float32, bfloat16, or int8 with a \
      scale for each token and each row of weights (W8A8).
      """)
  var arithmetic = ArithmeticName.float32

  @Flag(help: "Check everything and say what would be made; write nothing.")
  var dryRun = false

  @Option(help: "Write a report for machines here; - is standard output.", completion: .file())
  var json: String?

  @OptionGroup var runSettings: RunSettingOptions

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    guard seed >= 0 else { throw ValidationError("--seed: expected 0 or more, found \(seed)") }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    var options = try RenderOptions(
      model: model, prompts: runSettings.allPrompts(), output: output,
      software: "mmdit-tools \(suiteVersion)")
    options.weights = weights
    options.seed = seed
    options.noise = noise
    options.size = size
    options.references = reference
    options.settings = try runSettings.settings()
    options.arithmetic = arithmetic.arithmetic
    let job = try RenderJob(options)
    let pictures =
      dryRun ? nil : try job.run(threads: context.threadCount, monitor: context.monitor)
    let report = RenderReport(job, pictures)
    if json != "-" { try context.print(printable(report.text)) }
    try context.write(report.document, to: json)
    return .done
  }
}
