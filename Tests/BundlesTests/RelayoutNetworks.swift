import Families
import StrictJSON
import Tensors
import TestSupport

/// Small networks with random weights, to be written in every layout.
enum RelayoutNetworks {
  static let names = ["flux2", "flux2-large", "flux1", "sd3", "autoencoder"]

  static func weights(_ name: String) throws -> CanonicalWeights {
    switch name {
    case "flux2": try SyntheticWeights().canonical()
    case "flux2-large": try large.canonical(largeConfiguration)
    case "flux1":
      try random(
        """
        {"head_count": 2, "head_size": 8, "width": 16, "double_block_count": 2,
         "single_block_count": 1, "text_size": 20, "pooled_text_size": 12, "input_channels": 8,
         "output_channels": 8, "feed_forward_size": 40, "timestep_channels": 6,
         "has_guidance": true, "rotary_axes": [2, 2, 4]}
        """, of: .flux1)
    case "sd3":
      try random(
        """
        {"head_count": 2, "head_size": 8, "width": 16, "block_count": 2, "dual_block_count": 1,
         "text_size": 20, "pooled_text_size": 12, "input_channels": 3, "output_channels": 3,
         "feed_forward_size": 40, "timestep_channels": 6, "position_count": 9,
         "position_side": 3, "has_query_norm": true, "sample_size": 8}
        """, of: .stableDiffusion3)
    default:
      try random(
        """
        {"encoder_channels_0": 4, "encoder_channels_1": 4, "encoder_channels_2": 6,
         "encoder_channels_3": 6, "decoder_channels_0": 4, "decoder_channels_1": 4,
         "decoder_channels_2": 6, "decoder_channels_3": 6, "layers_per_block": 1,
         "latent_channels": 2, "input_channels": 3, "output_channels": 3,
         "has_quant_conv": true, "has_post_quant_conv": true, "scaling_factor": 0.5,
         "shift_factor": 0.25}
        """, of: .autoencoder)
    }
  }

  /// A fused matrix of 1728 rows, of which 910 fill a block, so that blocks of rows begin and end
  /// inside of its parts.
  private static let largeConfiguration = Flux2Configuration(
    headCount: 1, headSize: 576, doubleBlockCount: 1, singleBlockCount: 0, textSize: 8,
    inputChannels: 4, outputChannels: 4, feedForwardSize: 8, rotaryAxes: [144, 144, 144, 144],
    rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 4, hasGuidance: false)
  private static let large = SyntheticWeights(largeConfiguration)

  private static func random(_ document: String, of family: Family) throws -> CanonicalWeights {
    let configuration = try Configuration(
      family: family, document: .parse(Array(document.utf8), document: "test"))
    var generator = SeededGenerator(seed: 7)
    let tensors = configuration.weights.map { weight in
      NamedTensor(
        weight.name, weight.shape.extents,
        (0..<weight.shape.count).map { _ in Float.random(in: -1...1, using: &generator) })
    }
    return try CanonicalWeights(
      WeightsInMemory(tensors),
      identity: Identity(of: family, written: .diffusers, evidence: []),
      configuration: configuration)
  }
}
