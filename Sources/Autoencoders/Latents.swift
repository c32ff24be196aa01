/// What the autoencoder decodes and encodes to: `[C, height, width]`, row-major, one position for
/// 8 × 8 pixels. These are not normalised; tokens are.
public struct Latents: Hashable, Sendable {
  /// C, 32 in every published FLUX.2 autoencoder.
  public let channels: Int
  public let height: Int
  public let width: Int
  /// `C × height × width` values.
  public let values: [Float]

  public init(channels: Int, height: Int, width: Int, values: [Float]) {
    precondition(
      channels > 0 && height > 0 && width > 0 && values.count == channels * height * width,
      "latents have C values for each position")
    self.channels = channels
    self.height = height
    self.width = width
    self.values = values
  }

  /// A token covers 2 × 2 positions. Its channel 4c + 2y + x is channel c of the position in row y
  /// and column x of the four; calls `body` with the index of every value among tokens `[T, 4C]`
  /// and among latents `[C, height, width]`.
  static func pairIndices(
    channels: Int, gridHeight: Int, gridWidth: Int,
    _ body: (_ token: Int, _ latent: Int, _ tokenChannel: Int) -> Void
  ) {
    let (height, width) = (2 * gridHeight, 2 * gridWidth)
    for channel in 0..<channels {
      for row in 0..<height {
        for column in 0..<width {
          let tokenChannel = 4 * channel + 2 * (row % 2) + column % 2
          let token = row / 2 * gridWidth + column / 2
          body(
            token * 4 * channels + tokenChannel, (channel * height + row) * width + column,
            tokenChannel)
        }
      }
    }
  }
}
