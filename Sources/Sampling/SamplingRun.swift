public import MMDiT

/// One picture to sample: where it starts, what it follows, over which noise levels.
public struct SamplingRun: Sendable {
  /// The initial latents, `[T, C]`.
  public var noise: [Float]
  /// The grid of the latents.
  public var grid: TokenGrid
  /// The pictures to edit or follow.
  public var references: [ReferenceTokens]
  /// The prompt embedding, `[L, J]`.
  public var text: [Float]
  /// The embedding of the negative prompt, `[L, J]`; nil for models that need no second pass.
  public var negativeText: [Float]?
  /// g of classifier-free guidance: v = negative + g · (positive − negative). At 1 or below, or
  /// without a negative text, the positive velocity alone.
  public var guidance: Float
  /// The strength given to models that take guidance as an input; nil for the others.
  public var embeddedGuidance: Float?
  /// The noise levels.
  public var schedule: FlowMatchSchedule

  public init(
    noise: [Float], grid: TokenGrid, references: [ReferenceTokens] = [], text: [Float],
    negativeText: [Float]? = nil, guidance: Float = 1, embeddedGuidance: Float? = nil,
    schedule: FlowMatchSchedule
  ) {
    self.noise = noise
    self.grid = grid
    self.references = references
    self.text = text
    self.negativeText = negativeText
    self.guidance = guidance
    self.embeddedGuidance = embeddedGuidance
    self.schedule = schedule
  }

  /// The negative text, when a second pass is made with it.
  var guidingText: [Float]? { guidance > 1 ? negativeText : nil }

  /// What the network sees at one level.
  func input(latents: [Float], text: [Float], sigma: Float) -> TransformerInput {
    TransformerInput(
      latents: latents, grid: grid, references: references, text: text, sigma: sigma,
      guidance: embeddedGuidance)
  }
}
