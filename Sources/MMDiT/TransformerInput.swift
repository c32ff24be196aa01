/// The grid of packed latent tokens of a picture: one token for each 16 × 16 pixels, row-major.
public struct TokenGrid: Hashable, Sendable {
  public var height: Int
  public var width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The pixels along each side of a token: eight from the autoencoder, two from packing.
  public static let pixelsPerToken = 16

  /// The height of the picture.
  public var pixelHeight: Int { height * Self.pixelsPerToken }

  /// The width of the picture.
  public var pixelWidth: Int { width * Self.pixelsPerToken }

  /// The grid of a picture of that many pixels; what is left of a side is not covered.
  public init(pixelHeight: Int, pixelWidth: Int) {
    self.init(
      height: pixelHeight / Self.pixelsPerToken, width: pixelWidth / Self.pixelsPerToken)
  }

  /// T, the number of tokens; nil when the grid is empty or the product overflows.
  public var tokenCount: Int? {
    let (count, overflow) = height.multipliedReportingOverflow(by: width)
    return height > 0 && width > 0 && !overflow ? count : nil
  }
}

/// The clean latents of a reference picture.
public struct ReferenceTokens: Sendable {
  /// `[T, C]`.
  public var tokens: [Float]
  public var grid: TokenGrid

  public init(tokens: [Float], grid: TokenGrid) {
    self.tokens = tokens
    self.grid = grid
  }
}

/// What the network sees of one picture at one step.
public struct TransformerInput: Sendable {
  /// The noisy latents, `[T, C]`.
  public var latents: [Float]
  /// The grid of the latents, T = height × width.
  public var grid: TokenGrid
  /// The pictures to edit or follow; the n-th gets the time positions 10 + 10n.
  public var references: [ReferenceTokens]
  /// The prompt embedding, `[L, J]`, L ≥ 1.
  public var text: [Float]
  /// The noise level: 1 is pure noise, 0 the picture.
  public var sigma: Float
  /// The guidance strength, for models that take it as an input and only for those.
  public var guidance: Float?

  public init(
    latents: [Float], grid: TokenGrid, references: [ReferenceTokens] = [], text: [Float],
    sigma: Float, guidance: Float? = nil
  ) {
    self.latents = latents
    self.grid = grid
    self.references = references
    self.text = text
    self.sigma = sigma
    self.guidance = guidance
  }
}
