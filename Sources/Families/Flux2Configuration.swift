/// The numbers that describe a FLUX.2 transformer.
///
/// Letters used for the axes throughout: D width, H heads, K head size, M feed-forward width,
/// T tokens, J width of a prompt embedding, C channels of a latent token.
public struct Flux2Configuration: Hashable, Sendable {
  /// H, the attention heads.
  public var headCount: Int
  /// K, the width of one head.
  public var headSize: Int
  /// The blocks with separate text and image streams.
  public var doubleBlockCount: Int
  /// The blocks over the joined stream.
  public var singleBlockCount: Int
  /// J, the width of a prompt embedding.
  public var textSize: Int
  /// C, the channels of a latent token.
  public var inputChannels: Int
  /// The channels of the predicted velocity; equal to `inputChannels` in every published model.
  public var outputChannels: Int
  /// M, the width of the gated feed-forward layer.
  public var feedForwardSize: Int
  /// The dimensions of a head that each of the four position axes rotates; they sum to K.
  public var rotaryAxes: [Int]
  /// The base of the rotary frequencies.
  public var rotaryBase: Double
  /// Added to the variance in every norm.
  public var epsilon: Float
  /// The width of the sinusoidal timestep embedding.
  public var timestepChannels: Int
  /// Whether the guidance strength is an input of the network (FLUX.2 [dev]).
  public var hasGuidance: Bool

  /// D, the width of the residual stream.
  public var width: Int { headCount * headSize }

  public init(
    headCount: Int, headSize: Int, doubleBlockCount: Int, singleBlockCount: Int, textSize: Int,
    inputChannels: Int, outputChannels: Int, feedForwardSize: Int, rotaryAxes: [Int],
    rotaryBase: Double, epsilon: Float, timestepChannels: Int, hasGuidance: Bool
  ) {
    self.headCount = headCount
    self.headSize = headSize
    self.doubleBlockCount = doubleBlockCount
    self.singleBlockCount = singleBlockCount
    self.textSize = textSize
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.feedForwardSize = feedForwardSize
    self.rotaryAxes = rotaryAxes
    self.rotaryBase = rotaryBase
    self.epsilon = epsilon
    self.timestepChannels = timestepChannels
    self.hasGuidance = hasGuidance
  }
}
