internal import Checkpoints
internal import Families
internal import StrictJSON
public import Tokenizers

/// How a pipeline of the FLUX.2 family is used: what its authors run it with.
public struct PipelineStyle: Hashable, Sendable {
  /// What a guidance strength does.
  public enum Guidance: String, Hashable, Sendable {
    /// Nothing: the model was distilled with it.
    case none
    /// A second prediction for the empty prompt, away from which the first is moved.
    case classifierFree = "classifier_free"
    /// It is an input of the network.
    case embedded
  }

  /// How a prompt becomes tokens.
  public let promptStyle: PromptStyle
  /// The layers of the text encoder whose hidden states, side by side, are the prompt's embedding.
  public let textLayers: [Int]
  public let guidance: Guidance
  public let defaultStepCount: Int
  public let defaultGuidance: Float

  /// [klein] base: fifty steps, two predictions each.
  public static let kleinBase = PipelineStyle(
    promptStyle: .klein, textLayers: [9, 18, 27], guidance: .classifierFree, defaultStepCount: 50,
    defaultGuidance: 4)
  /// [klein] distilled: four steps.
  public static let kleinDistilled = PipelineStyle(
    promptStyle: .klein, textLayers: [9, 18, 27], guidance: .none, defaultStepCount: 4,
    defaultGuidance: 1)
  /// [dev]: fifty steps, the guidance strength an input.
  public static let dev = PipelineStyle(
    promptStyle: .dev, textLayers: [10, 20, 30], guidance: .embedded, defaultStepCount: 50,
    defaultGuidance: 4)

  /// The steps of a run with those settings.
  public func stepCount(_ settings: RenderSettings) -> Int {
    settings.levels?.count ?? settings.stepCount ?? defaultStepCount
  }

  /// The strength of guidance of a run with those settings.
  public func guidance(_ settings: RenderSettings) -> Float {
    settings.guidance ?? defaultGuidance
  }

  /// Whether each step needs a second prediction, for the empty prompt.
  public func predictsTwice(_ settings: RenderSettings) -> Bool {
    guidance == .classifierFree && guidance(settings) > 1
  }

  /// The style of a pipeline, by the class that its index names and whether it is distilled.
  static func of(_ pipeline: Pipeline) throws(RenderingFailure) -> PipelineStyle {
    switch pipeline.className {
    case "Flux2KleinPipeline": pipeline.isDistilled == true ? .kleinDistilled : .kleinBase
    case "Flux2Pipeline": .dev
    case let found:
      throw .unknownPipeline(
        path: pipeline.path, expected: ["Flux2KleinPipeline", "Flux2Pipeline"],
        found: found ?? "none")
    }
  }
}
