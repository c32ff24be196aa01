public import ArgumentParser
public import Rendering

/// The options of tools that run a pipeline on prompts, for `@OptionGroup`.
public struct RunSettingOptions: ParsableArguments {
  @Option(help: "What to draw; may be repeated.")
  public var prompt: [String] = []

  @Option(help: "A text file with a prompt on each line.", completion: .file())
  var prompts: String?

  @Option(help: ArgumentHelp("Steps. (default: 50, distilled 4)", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Strength of guidance. (default: 4, distilled none)", valueName: "g"))
  var guidance: Float?

  @Option(
    help: ArgumentHelp(
      "Noise levels before the shift, one for each step: 1.0,0.65,0.3.", valueName: "list"))
  var sigmas: String?

  @Option(help: ArgumentHelp("Tokens that a prompt is padded or cut to.", valueName: "n"))
  var maxSequenceLength = RenderSettings.usualTextTokenCount

  public init() {}

  /// Refuses a command line without a prompt.
  public func validate() throws {
    guard !prompt.isEmpty || prompts != nil else {
      throw ValidationError("expected --prompt or --prompts, found none")
    }
  }

  /// The prompts of the command line, then those of the file. Throws what reading it throws.
  public func allPrompts() throws -> [String] {
    prompt + (try prompts.map(RenderOptions.prompts(ofFile:)) ?? [])
  }

  /// Throws `RenderingFailure.request` for noise levels that are no numbers.
  public func settings() throws -> RenderSettings {
    RenderSettings(
      stepCount: steps, levels: try sigmas.map(RenderOptions.levels), guidance: guidance,
      textTokenCount: maxSequenceLength)
  }
}
