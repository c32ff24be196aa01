public import Codecs
public import Families
public import Quantization
public import StrictJSON
internal import Tensors

/// compressed-tensors, for text encoders: what transformers and vLLM load. diffusers has no loader
/// for it.
public struct CompressedTensorsTarget: ExportTarget {
  public let bits: Int
  /// The weights that share a scale; nil for a row.
  private var groupSize: Int? { bits == 8 ? nil : 64 }

  static let all: [any ExportTarget] = [4, 8].map { CompressedTensorsTarget(bits: $0) }

  public var id: String { "compressed-tensors:int\(bits)" }

  public var summary: String {
    bits == 8 ? "int8, a scale a row, 8 bits" : "int4, a scale for 64 weights, 4.25 bits"
  }

  public var loads: String {
    "transformers with the package compressed-tensors, vLLM; text encoders only"
  }

  public var container: ExportContainer { .folder }

  public func refusal(of configuration: Configuration) -> String? {
    configuration.family.kind == .textEncoder
      ? nil : "expected a text encoder, found a \(configuration.family.title)"
  }

  public func layout(of configuration: Configuration) -> Layout { .diffusers }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    if let kept = keptHead(tensor) { return kept }
    return bits == 8
      ? try advised(tensor, by: ScaledInt8Codec(.compressedTensors, groupSize: nil))
      : try advised(
        tensor,
        by: ScaledInt4Codec(.compressedTensors, groupSize: groupSize, scaleType: .bfloat16))
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    bits == 8
      ? carrier(ScaledInt8Codec(.compressedTensors, groupSize: nil), of: scheme, for: tensor)
      : carrier(
        ScaledInt4Codec(
          .compressedTensors, groupSize: groupSize, scaleType: scheme.scaleType.elementType),
        of: scheme, for: tensor)
  }

  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {
    let format = JSONValue(bits == 8 ? "naive-quantized" : "pack-quantized")
    document["quantization_config"] = [
      "quant_method": "compressed-tensors", "format": format,
      "quantization_status": "compressed", "ignore": .init(plan.keptModules),
      "config_groups": [
        "group_0": [
          // Without it a group of integer weights alone is taken for a packed one.
          "format": format, "targets": ["Linear"], "input_activations": nil,
          "output_activations": nil,
          "weights": [
            "num_bits": .init(bits), "type": "int", "symmetric": true,
            "strategy": .init(bits == 8 ? "channel" : "group"),
            "group_size": groupSize.map { .init($0) } ?? .null, "dynamic": false,
          ],
        ]
      ],
    ]
  }
}
