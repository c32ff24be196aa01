public import Families
public import Images
public import Parallel
public import Tensors

/// The autoencoder of FLUX.2 in float32: pictures to latents and back.
///
/// The network is that of `AutoencoderKLFlux2` of diffusers: four levels of residual blocks around
/// attention over the pixels of the smallest (Rombach and others, CVPR 2022), and batch statistics
/// by which latents are normalised for the transformer. Weights have the names and shapes of the
/// diffusers layout. A layer's weights are decoded when it is reached, once in a call, and are gone
/// with it.
///
/// Results do not depend on the number of threads.
public struct Autoencoder: Sendable {
  /// The numbers of the network.
  public let configuration: Configuration
  private let numbers: AutoencoderNumbers
  private let weights: any WeightSource

  /// An autoencoder over those weights, once all of them are there with the right shapes.
  ///
  /// Throws `AutoencoderFailure.family` for the autoencoders of other models, `.weights` for missing
  /// and misshapen weights, and `.number` for sizes the network cannot have.
  public init(
    configuration: Configuration, weights: any WeightSource
  ) throws(AutoencoderFailure) {
    numbers = try AutoencoderNumbers(configuration, weights: weights)
    self.configuration = configuration
    self.weights = weights
  }

  /// The channels of a token, 4C: 128 in every published model.
  public var tokenChannels: Int { 4 * numbers.latentChannels }

  /// What the decoder takes for tokens `[gridHeight · gridWidth, 4C]` as a sampler leaves them:
  /// `[C, 2 · gridHeight, 2 · gridWidth]`.
  ///
  /// Token channel 4c + 2y + x is channel c in row y and column x of the token's 2 × 2 positions;
  /// z = token · √(variance + epsilon) + mean, in float32. Throws `AutoencoderFailure.input` for
  /// tokens that do not fit the grid, and what the source throws.
  public func latents(
    ofTokens tokens: [Float], gridHeight: Int, gridWidth: Int
  ) throws -> Latents {
    let count = try numbers.positionCount(
      height: gridHeight, width: gridWidth, subject: "grid of tokens", origin: weights.origin)
    guard tokens.count == count * tokenChannels else {
      throw AutoencoderFailure.input(
        origin: weights.origin, subject: "tokens",
        expected: "\(gridHeight) × \(gridWidth) tokens × \(tokenChannels) channels",
        found: "\(tokens.count) values")
    }
    return try LatentStatistics(weights, epsilon: numbers.epsilon).latents(
      ofTokens: tokens, gridHeight: gridHeight, gridWidth: gridWidth)
  }

  /// The picture, of 16 times the grid's height and width, of tokens as a sampler leaves them.
  ///
  /// It is `decode` of `latents(ofTokens:)`, with the same memory and failures.
  public func decode(
    _ tokens: [Float], gridHeight: Int, gridWidth: Int, threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent
  ) throws -> Picture {
    try decode(
      latents(ofTokens: tokens, gridHeight: gridHeight, gridWidth: gridWidth), threads: threads,
      monitor: monitor)
  }

  /// The picture, of 8 times the height and width, of latents.
  ///
  /// Peak memory with P pixels and D₀ ≤ D₁ channels at the decoder's last two levels, in float32
  /// values: P · (D₀ + D₁), which is 1.6 GB for the published decoder and 1024 × 1024 pixels, a
  /// transformed kernel, and a few rows of the picture for each thread. The monitor counts layers as
  /// steps.
  ///
  /// Throws `AutoencoderFailure.input` for latents of other channels or too many, `Cancelled`, and
  /// what the source throws.
  public func decode(
    _ latents: Latents, threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> Picture {
    _ = try numbers.positionCount(
      height: latents.height, width: latents.width, subject: "latents", origin: weights.origin)
    guard latents.channels == numbers.latentChannels else {
      throw AutoencoderFailure.input(
        origin: weights.origin, subject: "latents",
        expected: "\(numbers.latentChannels) channels", found: "\(latents.channels)")
    }
    monitor.begin(
      "decode", total: NetworkPass.decoderStepCount(layersPerBlock: numbers.layersPerBlock),
      unit: .steps)
    var pass = NetworkPass(
      FeatureMap(height: latents.height, width: latents.width, planes: latents.values),
      reader: LayerReader(weights: weights), work: Work(threads: threads, monitor: monitor))
    try pass.runDecoder(
      layersPerBlock: numbers.layersPerBlock, hasPointwise: numbers.hasPostQuantConvolution)
    return Picture(
      height: pass.map.height, width: pass.map.width, values: pass.map.planes(count: 3))
  }

  /// The tokens `[T, 4C]`, T = height / 16 · width / 16, of a picture whose height and width are
  /// multiples of 16: the latents of `encodeToLatents`, normalised by the batch statistics.
  ///
  /// Token channels are those of `latents(ofTokens:)`; (z − mean) / √(variance + epsilon). Throws
  /// as `encodeToLatents`.
  public func encode(
    _ image: Image, threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> [Float] {
    let latents = try encodeToLatents(image, threads: threads, monitor: monitor)
    return try LatentStatistics(weights, epsilon: numbers.epsilon).tokens(of: latents)
  }

  /// The latents of a picture whose height and width are multiples of 16: the means of the
  /// posterior, `[C, height / 8, width / 8]`.
  ///
  /// Peak memory with P pixels and E₀ ≤ E₁ channels at the encoder's first two levels, in float32
  /// values: P · max(2 · E₀, (E₀ + 2 · E₁) / 4), 1.1 GB for the published encoder and 1024 × 1024
  /// pixels, a transformed kernel, and a few rows of the picture for each thread. The monitor counts
  /// layers as steps.
  ///
  /// Throws `AutoencoderFailure.input` for a picture of another size, `Cancelled`, and what the
  /// source throws.
  public func encodeToLatents(
    _ image: Image, threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> Latents {
    guard image.width.isMultiple(of: 16), image.height.isMultiple(of: 16) else {
      throw AutoencoderFailure.input(
        origin: weights.origin, subject: "picture",
        expected: "a width and a height that are multiples of 16",
        found: "\(image.width) × \(image.height)")
    }
    _ = try numbers.positionCount(
      height: image.height / 8, width: image.width / 8, subject: "picture",
      origin: weights.origin)
    monitor.begin(
      "encode", total: NetworkPass.encoderStepCount(layersPerBlock: numbers.layersPerBlock),
      unit: .steps)
    var pass = NetworkPass(
      FeatureMap(height: image.height, width: image.width, planes: Picture(image).values),
      reader: LayerReader(weights: weights), work: Work(threads: threads, monitor: monitor))
    try pass.runEncoder(
      layersPerBlock: numbers.layersPerBlock, hasPointwise: numbers.hasQuantConvolution)
    return Latents(
      channels: numbers.latentChannels, height: pass.map.height, width: pass.map.width,
      values: pass.map.planes(count: numbers.latentChannels))
  }
}
