public import Images
public import MMDiT

/// One picture that is wanted.
public struct PictureRequest: Sendable {
  /// Where a picture begins.
  public enum Noise: Hashable, Sendable {
    /// Noise that is drawn for a seed, as PyTorch draws it on the CPU.
    case seed(UInt64)
    /// These latents, `[T, C]`.
    case latents([Float])
  }

  public var prompt: String
  public var noise: Noise
  /// The grid of latent tokens, 16 × 16 pixels each.
  public var grid: TokenGrid
  /// The pictures to edit or follow.
  public var references: [Image]

  public init(prompt: String, noise: Noise, grid: TokenGrid, references: [Image] = []) {
    self.prompt = prompt
    self.noise = noise
    self.grid = grid
    self.references = references
  }
}

/// How pictures are made; what is nil is taken from the pipeline's style.
public struct RenderSettings: Hashable, Sendable {
  /// The tokens that a prompt is padded or cut to, in the pipelines of the authors.
  public static let usualTextTokenCount = 512

  public var stepCount: Int?
  /// Noise levels before the shift, one for each step; nil for equal steps from 1.
  public var levels: [Double]?
  public var guidance: Float?
  public var textTokenCount: Int

  public init(
    stepCount: Int? = nil, levels: [Double]? = nil, guidance: Float? = nil,
    textTokenCount: Int = RenderSettings.usualTextTokenCount
  ) {
    self.stepCount = stepCount
    self.levels = levels
    self.guidance = guidance
    self.textTokenCount = textTokenCount
  }
}
