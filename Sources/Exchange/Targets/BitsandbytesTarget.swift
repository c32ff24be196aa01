public import Codecs
public import Families
public import Quantization
public import StrictJSON

/// bitsandbytes in the folders of diffusers and transformers: LLM.int8 and four-bit floats.
public struct BitsandbytesTarget: ExportTarget {
  /// Which of its formats.
  public enum Format: String, CaseIterable, Sendable {
    case nf4
    case nf4Double = "nf4-double"
    case fp4
    case fp4Double = "fp4-double"
    case int8
  }

  public let format: Format

  static let all: [any ExportTarget] = Format.allCases.map(BitsandbytesTarget.init)

  init(_ format: Format) { self.format = format }

  public var id: String { "bitsandbytes:\(format.rawValue)" }

  public var summary: String {
    switch format {
    case .nf4: "NF4, a scale for 64 weights, 4.5 bits"
    case .nf4Double: "NF4, a scale of 8 bits for 64 weights, 4.13 bits"
    case .fp4: "FP4, a scale for 64 weights, 4.5 bits"
    case .fp4Double: "FP4, a scale of 8 bits for 64 weights, 4.13 bits"
    case .int8: "LLM.int8, a scale a row, 8 bits"
    }
  }

  public var loads: String {
    "diffusers and transformers, from_pretrained without further arguments; diffusers wants a GPU"
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
    return switch format {
    case .nf4, .nf4Double:
      try advised(
        tensor,
        by: FourBitFloatCodec(
          kind: .nf4, isDouble: format == .nf4Double, valueType: tensor.plainType))
    case .fp4, .fp4Double:
      try advised(
        tensor,
        by: FourBitFloatCodec(
          kind: .fp4, isDouble: format == .fp4Double, valueType: tensor.plainType))
    case .int8: try advised(tensor, by: LLMInt8Codec())
    }
  }

  public func carrier(of scheme: Scheme, for tensor: ExportCandidate) -> (any LevelCodec)? {
    format == .int8 ? carrier(LLMInt8Codec(), of: scheme, for: tensor) : nil
  }

  public func configure(_ document: inout JSONObject, for plan: ExportPlan) {
    var members: JSONObject = [
      "quant_method": "bitsandbytes", "load_in_8bit": .bool(format == .int8),
      "load_in_4bit": .bool(format != .int8),
      "llm_int8_skip_modules": .init(plan.keptModules),
      "llm_int8_threshold": 6.0, "llm_int8_has_fp16_weight": false,
      "llm_int8_enable_fp32_cpu_offload": false,
    ]
    if format != .int8 {
      members["bnb_4bit_quant_type"] = .init(
        format == .nf4 || format == .nf4Double ? "nf4" : "fp4")
      members["bnb_4bit_use_double_quant"] = .bool(format == .nf4Double || format == .fp4Double)
      members["bnb_4bit_compute_dtype"] = "bfloat16"
      members["bnb_4bit_quant_storage"] = "uint8"
    }
    document["quantization_config"] = .object(members)
  }
}
