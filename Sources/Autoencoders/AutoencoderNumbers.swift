internal import Families
internal import StrictJSON
internal import Tensors

/// The numbers of an autoencoder, checked.
struct AutoencoderNumbers: Sendable {
  /// C, the channels of a latent.
  let latentChannels: Int
  /// The residual blocks of a level of the encoder; the decoder has one more.
  let layersPerBlock: Int
  let hasQuantConvolution: Bool
  let hasPostQuantConvolution: Bool
  /// Added to the variances of the batch statistics.
  let epsilon: Float

  /// The most positions of latents that a call takes, pictures of 65,536 × 65,536 pixels: counts of
  /// bytes of all activations then fit an `Int`.
  static let largestPositionCount = 1 << 26

  /// Throws unless the network is one that this module computes.
  init(
    _ configuration: Configuration, weights: any WeightSource
  ) throws(AutoencoderFailure) {
    let origin = weights.origin
    guard configuration.family == .flux2Autoencoder else {
      throw .family(origin: origin, found: configuration.family)
    }
    func check(_ size: String, _ expected: String, _ holds: (Int) -> Bool)
      throws(AutoencoderFailure)
    {
      let found = configuration.size(size)
      guard holds(found) else {
        throw .number(origin: origin, subject: size, expected: expected, found: "\(found)")
      }
    }
    for part in ["encoder", "decoder"] {
      for level in 0..<4 {
        try check("\(part)_channels_\(level)", "a multiple of the 32 groups of a norm, up to 65536")
        {
          $0 > 0 && $0 <= 1 << 16 && $0.isMultiple(of: GroupNorm.groupCount)
        }
      }
    }
    try check("input_channels", "3, red, green and blue") { $0 == 3 }
    try check("output_channels", "3, red, green and blue") { $0 == 3 }
    try check("latent_channels", "1 to 4096") { (1...4096).contains($0) }
    try check("layers_per_block", "1 to 64") { (1...64).contains($0) }
    epsilon = try Self.epsilon(configuration, origin: origin)
    latentChannels = configuration.size("latent_channels")
    layersPerBlock = configuration.size("layers_per_block")
    hasQuantConvolution = configuration.size("has_quant_conv") != 0
    hasPostQuantConvolution = configuration.size("has_post_quant_conv") != 0

    // The counter of the training is no number of the network.
    let required = configuration.weights.filter { $0.name != "bn.num_batches_tracked" }
    let problems = WeightProblem.find(required, in: weights)
    guard problems.isEmpty else { throw .weights(origin: origin, problems: problems) }
  }

  private static func epsilon(
    _ configuration: Configuration, origin: String
  ) throws(AutoencoderFailure) -> Float {
    let name = "batch_norm_epsilon"
    let value = configuration.settings[name] ?? .null
    guard case .number(let number) = value, number.double >= 0, number.double < 1 else {
      var found = value.kindName
      if case .number(let number) = value { found = number.literal }
      throw .number(
        origin: origin, subject: name, expected: "a number of at least 0 and below 1",
        found: found)
    }
    return Float(number.double)
  }

  /// The number of positions of a grid of latents `[height, width]`; throws for an empty one and
  /// for one beyond the bound.
  func positionCount(
    height: Int, width: Int, subject: String, origin: String
  ) throws(AutoencoderFailure) -> Int {
    let (count, overflow) = height.multipliedReportingOverflow(by: width)
    guard height > 0, width > 0 else {
      throw .input(
        origin: origin, subject: subject, expected: "at least 1 × 1", found: "\(height) × \(width)")
    }
    guard !overflow, count <= Self.largestPositionCount else {
      throw .input(
        origin: origin, subject: subject,
        expected: "at most \(Self.largestPositionCount) positions",
        found: "\(height) × \(width)")
    }
    return count
  }
}
