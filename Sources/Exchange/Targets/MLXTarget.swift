public import Codecs
public import Families
public import Quantization
public import StrictJSON

/// MLX's affine codes under the names of diffusers and transformers, as the Swift ports and mlx-lm
/// read them: a layer is quantized when it has scales, and `config.json` has its numbers.
public struct MLXTarget: ExportTarget {
  public let bits: Int
  public let groupSize: Int

  static let all: [any ExportTarget] = [4, 8].flatMap { bits in
    [32, 64, 128].map { MLXTarget(bits: bits, groupSize: $0) }
  }

  public var id: String { "mlx:\(bits)bit-g\(groupSize)" }

  public var summary: String {
    let total = Double(bits) + 32 / Double(groupSize)
    return "affine codes, a scale and a bias for \(groupSize) weights, \(total) bits"
  }

  public var loads: String {
    "programs on MLX that take names of diffusers: MLX.loadArrays, mlx-lm"
  }

  public var container: ExportContainer { .folder }

  public func refusal(of configuration: Configuration) -> String? {
    refusalOfAutoencoders(configuration)
  }

  public func layout(of configuration: Configuration) -> Layout { .diffusers }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    try advised(
      tensor, by: AffineCodec(bits: bits, groupSize: groupSize, scaleType: tensor.plainType))
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    carrier(
      AffineCodec(bits: bits, groupSize: groupSize, scaleType: scheme.scaleType.elementType),
      of: scheme, for: tensor)
  }

  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {
    let numbers: JSONValue = [
      "group_size": .init(groupSize), "bits": .init(bits), "mode": "affine",
    ]
    document["quantization"] = numbers
    document["quantization_config"] = numbers
  }
}
