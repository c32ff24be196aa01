import Families
import Safetensors
import Storage
import StrictJSON
import Tensors
import TestSupport

/// An autoencoder of a few hundred thousand weights that are hashes of their position, as
/// `scripts/make-autoencoder-goldens` computes them.
enum TinyAutoencoder {
  static let narrowDecoder = document(
    encoder: [32, 32, 64, 96], decoder: [32, 32, 64, 64], layers: 1, latent: 4, quant: false)
  static let quantConvolutions = document(
    encoder: [32, 64, 64, 64], decoder: [32, 64, 64, 64], layers: 2, latent: 3, quant: true)

  /// The document of a configuration, whose members a test may change.
  static func document(
    encoder: [Int], decoder: [Int], layers: Int, latent: Int, quant: Bool
  ) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "layers_per_block": .init(layers), "latent_channels": .init(latent), "input_channels": 3,
      "output_channels": 3, "has_quant_conv": .bool(quant), "has_post_quant_conv": .bool(quant),
      "has_batch_count": false, "batch_norm_epsilon": 1e-4, "batch_norm_momentum": 0.1,
    ]
    for level in 0..<4 {
      members["encoder_channels_\(level)"] = .init(encoder[level])
      members["decoder_channels_\(level)"] = .init(decoder[level])
    }
    return members
  }

  static func configuration(_ members: [String: JSONValue]) throws -> Configuration {
    try Configuration(
      family: .flux2Autoencoder,
      document: JSONField(
        document: "tiny",
        value: .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))))
  }

  /// All weights of the network.
  static func tensors(_ configuration: Configuration) -> [NamedTensor] {
    let weights = configuration.weights.filter { $0.name != "bn.num_batches_tracked" }
    let order = weights.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return weights.map { weight in
      let index = order.firstIndex(of: weight.name) ?? 0
      return NamedTensor(
        weight.name, weight.shape.extents, values(weight.name, weight.shape, index: index))
    }
  }

  private static func values(_ name: String, _ shape: Shape, index: Int) -> [Float] {
    let numbers = hashes(shape.count, tensor: index)
    if shape.extents.count > 1 {
      let inputs = shape.extents.dropFirst().reduce(1, *)
      let bitLength = Int.bitWidth - inputs.leadingZeroBitCount
      let scale = Float(sign: .plus, exponent: 1 - bitLength / 2, significand: 1)
      return numbers.map { $0 * scale }
    }
    let isNear1 = name.contains("norm") && name.hasSuffix(".weight")
    return isNear1 || name == "bn.running_var"
      ? numbers.map { 1 + $0 * 0.5 } : numbers.map { $0 * 0.25 }
  }

  /// Multiples of 2⁻²³ in −1..<1.
  static func hashes(_ count: Int, tensor: Int) -> [Float] {
    let start = UInt32(truncatingIfNeeded: tensor &* 0x85EB_CA77)
    return (0..<count).map { index in
      var x = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B1 &+ start
      x ^= x >> 15
      x = x &* 0x2C1B_3C6D
      x ^= x >> 12
      x = x &* 0x297A_2D39
      x ^= x >> 15
      return Float(x >> 8) * 0x1p-23 - 1
    }
  }

  /// What diffusers made of it.
  static func golden(_ name: String) throws -> SafetensorsCheckpoint {
    let folder = FileSystem.path(FileSystem.folder(of: #filePath), "Goldens")
    return try SafetensorsCheckpoint.open(FileSystem.path(folder, "\(name).safetensors"))
  }
}
