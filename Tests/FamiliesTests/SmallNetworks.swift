import Families
import StrictJSON
import Tensors
import TestSupport

/// Networks of any family with sizes of a test's own.
enum SmallNetworks {
  /// The first published model of a family with some sizes changed; `true` and `false` are flags.
  static func configuration(
    _ family: Family, _ changes: [String: JSONValue]
  ) throws -> Configuration {
    guard let variant = family.variants.first,
      case .object(var members) = variant.configuration(of: family).document
    else { preconditionFailure("\(family.id) has no variant") }
    for (key, value) in changes {
      precondition(members[key] != nil, "\(family.id) has no \(key)")
      members[key] = value
    }
    return try Configuration(
      family: family, document: JSONField(document: family.id, value: .object(members)))
  }

  /// Its tensors in a layout; the values of all of them count up.
  static func tensors(_ configuration: Configuration, in layout: Layout) -> [NamedTensor] {
    var next: Float = 0
    return configuration.tensors(in: layout).map { tensor in
      defer { next += Float(tensor.shape.count) }
      return NamedTensor(
        tensor.name, tensor.shape.extents, (0..<tensor.shape.count).map { next + Float($0) })
    }
  }

  static func flux1() throws -> Configuration {
    try configuration(
      .flux1,
      [
        "head_count": 2, "head_size": 4, "width": 8, "double_block_count": 1,
        "single_block_count": 1, "text_size": 6, "pooled_text_size": 5, "input_channels": 3,
        "output_channels": 3, "feed_forward_size": 10, "timestep_channels": 4,
      ])
  }

  static func stableDiffusion3() throws -> Configuration {
    try configuration(
      .stableDiffusion3,
      [
        "head_count": 1, "head_size": 64, "width": 64, "block_count": 3, "dual_block_count": 2,
        "text_size": 6, "pooled_text_size": 5, "input_channels": 2, "output_channels": 2,
        "feed_forward_size": 10, "timestep_channels": 4, "position_count": 9, "position_side": 3,
        "has_query_norm": true,
      ])
  }

  static func autoencoder() throws -> Configuration {
    try configuration(
      .autoencoder,
      [
        "encoder_channels_0": 2, "encoder_channels_1": 2, "encoder_channels_2": 4,
        "encoder_channels_3": 4, "decoder_channels_0": 2, "decoder_channels_1": 2,
        "decoder_channels_2": 4, "decoder_channels_3": 4, "layers_per_block": 1,
        "latent_channels": 3, "has_quant_conv": true,
      ])
  }
}
