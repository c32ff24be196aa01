public import Codecs
public import Families
public import Quantization
public import StrictJSON
internal import Tensors

/// SDNQ in the folders of diffusers and transformers.
public struct SDNQTarget: ExportTarget {
  public let bits: Int
  /// The weights that share a scale; nil for a row.
  private var groupSize: Int? { bits == 8 ? nil : 64 }

  static let all: [any ExportTarget] = [8, 4].map { SDNQTarget(bits: $0) }

  public var id: String { "sdnq:int\(bits)" }

  public var summary: String {
    bits == 8 ? "int8, a scale a row, 8 bits" : "int4, a scale for 64 weights, 4.5 bits"
  }

  public var loads: String {
    "diffusers and transformers with the package sdnq imported, from_pretrained without further "
      + "arguments"
  }

  public var container: ExportContainer { .folder }

  public func refusal(of configuration: Configuration) -> String? {
    refusalOfAutoencoders(configuration)
  }

  public func layout(of configuration: Configuration) -> Layout { .diffusers }

  public func storage(
    of tensor: ExportCandidate
  ) throws(IncompatibleTensor) -> (storage: TensorStorage, reason: String) {
    if let kept = keptHead(tensor) { return kept }
    return bits == 8
      ? try advised(tensor, by: ScaledInt8Codec(.sdnq, groupSize: groupSize))
      : try advised(
        tensor, by: ScaledInt4Codec(.sdnq, groupSize: groupSize, scaleType: .float32))
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    bits == 8
      ? carrier(ScaledInt8Codec(.sdnq, groupSize: groupSize), of: scheme, for: tensor)
      : carrier(
        ScaledInt4Codec(.sdnq, groupSize: groupSize, scaleType: .float32), of: scheme,
        for: tensor)
  }

  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {
    document["quantization_config"] = [
      "quant_method": "sdnq", "weights_dtype": .init("int\(bits)"),
      "group_size": .init(groupSize ?? -1), "minimum_allowed_numel": 16,
      // It compares with names of weights; a module of several components would match none.
      "modules_to_not_convert": .init(plan.keptModules.map { $0 + ".weight" }),
      "dequantize_fp32": true,
    ]
  }
}
