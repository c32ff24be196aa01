internal import ArgumentParser
internal import Goldens
internal import Rendering
internal import Reports
internal import ToolKit

struct Record: Tool {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Records what a model makes of some prompts, step by step.",
    discussion: helpText(
      purpose: """
        Runs the unquantized pipeline in float32 and stores, for each prompt,
        embeddings, noise, the prediction of every step, final latents and the
        picture. mmdit-verify measures candidates against them. Where another
        implementation can run the model, a set of its making is the better proof:
        scripts/record-goldens makes one with diffusers, and mmdit-golden check
        compares it with this suite.
        """,
      examples: [
        HelpExample(
          "a set of one's own, one prompt on each line",
          "mmdit-golden record --prompts prompts.txt --checkpoint FLUX.2-klein-4B "
            + "--size 512x512 --output goldens.safetensors"),
        HelpExample(
          "two prompts, few steps",
          "mmdit-golden record --prompt \"a red apple\" --prompt \"a cat\" --steps 8 "
            + "--checkpoint FLUX.2-klein-base-4B --output goldens.safetensors"),
      ]))

  @Option(help: "The pipeline folder of the unquantized model.", completion: .directory)
  var checkpoint: String

  @Option(
    name: .shortAndLong,
    help: "The .safetensors file to write; a .json of the same name is written beside it.",
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp("Draws the noise of the first prompt; the next has n + 1.", valueName: "n"))
  var seed = 0

  @Option(help: ArgumentHelp("Width and height, multiples of 16.", valueName: "WxH"))
  var size = "1024x1024"

  @Flag(help: "Say what would be recorded; write nothing.")
  var dryRun = false

  @OptionGroup var runSettings: RunSettingOptions

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    guard seed >= 0 else { throw ValidationError("--seed: expected 0 or more, found \(seed)") }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    let recording = try GoldenRecording(
      PicturePipeline.open(checkpoint),
      prompts: runSettings.allPrompts(), seed: seed, grid: RenderOptions.grid(size),
      settings: runSettings.settings(), producer: "mmdit-tools \(suiteVersion), float32 on CPU")
    let byteCount = try recording.plan.byteCount(path: output)
    if !dryRun {
      try recording.record(
        to: output, suiteVersion: suiteVersion, threads: context.threadCount,
        monitor: context.monitor)
    }
    for run in recording.plan.runs {
      let golden = run.golden
      try context.print(
        printable("\(golden.id): \(golden.steps) steps, seed \(golden.seed ?? 0), \(golden.prompt)")
      )
    }
    try context.print("\(recording.plan.runs.count) runs, \(byteCountText(byteCount))")
    return .done
  }
}
