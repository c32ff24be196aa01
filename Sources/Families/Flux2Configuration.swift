internal import StrictJSON

/// The numbers of a FLUX.2 transformer as the network uses them.
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

extension Flux2Configuration {
  /// The numbers of a component that is a FLUX.2 transformer; another family traps.
  ///
  /// Throws when settings from a file contradict each other.
  public init(_ configuration: Configuration, origin: String = "configuration") throws {
    precondition(configuration.family == .flux2, "expected a FLUX.2 transformer")
    let settings = JSONField(
      document: origin,
      value: .object(JSONObject(configuration.settings.sorted { $0.key < $1.key })))
    self.init(
      headCount: configuration.size("head_count"), headSize: configuration.size("head_size"),
      doubleBlockCount: configuration.size("double_block_count"),
      singleBlockCount: configuration.size("single_block_count"),
      textSize: configuration.size("text_size"),
      inputChannels: configuration.size("input_channels"),
      outputChannels: configuration.size("output_channels"),
      feedForwardSize: configuration.size("feed_forward_size"),
      rotaryAxes: try settings["rotary_axes"].array().map { try $0.integer() },
      rotaryBase: try settings["rotary_base"].double(),
      epsilon: Float(try settings["epsilon"].double()),
      timestepChannels: configuration.size("timestep_channels"),
      hasGuidance: configuration.size("has_guidance") != 0)
    guard rotaryAxes.count == 4,
      rotaryAxes.allSatisfy({ $0 > 0 && $0.isMultiple(of: 2) && $0 <= headSize }),
      rotaryAxes.reduce(0, +) == headSize
    else {
      throw try settings["rotary_axes"].failure(
        expected: "four even numbers that sum to the head size \(headSize)",
        found: "\(rotaryAxes)")
    }
    guard rotaryBase > 1 else {
      throw try settings["rotary_base"].failure(
        expected: "a number above 1", found: "\(rotaryBase)")
    }
    guard epsilon > 0, epsilon < 1 else {
      throw try settings["epsilon"].failure(
        expected: "a float32 between 0 and 1", found: "\(epsilon)")
    }
    guard timestepChannels.isMultiple(of: 2) else {
      throw JSONField(document: settings.document, value: .null).failure(
        expected: "even timestep channels", found: "\(timestepChannels)")
    }
  }

  /// The component with these numbers.
  public var component: Configuration {
    Configuration(
      family: .flux2,
      sizes: [
        "head_count": headCount, "head_size": headSize, "width": width,
        "double_block_count": doubleBlockCount, "single_block_count": singleBlockCount,
        "text_size": textSize, "input_channels": inputChannels,
        "output_channels": outputChannels, "feed_forward_size": feedForwardSize,
        "timestep_channels": timestepChannels, "has_guidance": hasGuidance ? 1 : 0,
      ],
      settings: [
        "rotary_axes": .array(rotaryAxes.map { .init($0) }), "rotary_base": .init(rotaryBase),
        // By its decimal digits, so that 1e-6 stays 1e-6 and not its float32 expansion.
        "epsilon": .init(Double(epsilon.description) ?? Double(epsilon)),
      ])
  }
}

extension CanonicalWeights {
  /// The numbers of the network, when it is a FLUX.2 transformer.
  public func flux2() throws -> Flux2Configuration {
    guard configuration.family == .flux2 else {
      throw FamilyFailure.notFlux2(origin: origin, family: configuration.family)
    }
    return try Flux2Configuration(configuration, origin: origin)
  }
}
