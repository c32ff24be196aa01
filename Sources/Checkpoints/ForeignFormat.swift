internal import Tensors

/// A way of storing codes that is recognised by a tensor beside the weight, so that it is not taken
/// for plain data. None of them is decoded here: what is, is found before (`codeFormats`).
///
/// A tensor's name is layer + "." + ending; `weightTypes` are those of layer + ".weight".
struct ForeignFormat {
  /// What people call it.
  let name: String
  /// Why it is not read, or what is missing.
  let reason: String
  /// The last parts of the names that tell of it.
  let endings: [String]
  /// The types that the tensor must have for that; nil for any.
  var types: Set<ElementType>?
  /// The types that the layer's weight must have for that; nil for any, or no weight at all.
  var weightTypes: Set<ElementType>?

  /// The first that fits counts.
  static let all = [
    ForeignFormat(
      name: "SVDQuant codes (nunchaku)",
      reason: "they are packed in the order of one processor, beside factors of the activations",
      endings: ["wscales", "wcscales", "wtscale", "smooth_factor", "smooth_factor_orig"]),
    ForeignFormat(
      name: "GPTQ or AWQ codes",
      reason: "their columns are packed, and perhaps ordered, in ways that no tensor tells",
      endings: ["qweight", "qzeros"]),
    ForeignFormat(
      name: "bitsandbytes 4-bit codes (NF4, FP4)",
      reason: "the quant_state that describes them is missing",
      endings: [
        "bitsandbytes__nf4", "bitsandbytes__fp4", "absmax", "quant_map", "nested_absmax",
        "nested_quant_map",
      ]),
    ForeignFormat(
      name: "codes with zero points (compressed-tensors)", reason: "only symmetric codes are",
      endings: ["weight_zero_point"]),
    ForeignFormat(
      name: "torchao codes", reason: "the codes beside these scales are missing",
      endings: ["_weight_scale", "_weight_zero_point"]),
    ForeignFormat(
      name: "quanto codes", reason: "the codes beside these scales are missing",
      endings: ["_scale", "_shift"]),
    ForeignFormat(
      name: "NVFP4 codes", reason: "their weight or its scales are missing",
      endings: ["weight_scale_2", "weight_global_scale"]),
    ForeignFormat(
      name: "NVFP4 codes", reason: "their second scale, weight_scale_2, is missing",
      endings: ["weight_scale"], types: [.float8E4M3]),
    ForeignFormat(
      name: "MXFP8 codes", reason: "no marker says in which order their scales stand",
      endings: ["weight_scale"], types: [.exponent8, .uint8],
      weightTypes: [.float8E4M3, .float8E5M2]),
    ForeignFormat(
      name: "MXFP4 codes", reason: "programs differ in the order of their scales and codes",
      endings: ["weight_scale"], types: [.exponent8, .uint8]),
    ForeignFormat(
      name: "FP8 codes with scales of blocks",
      reason: "only scales of the weight or of its rows are, and of groups for int8",
      endings: ["weight_scale_inv"]),
    ForeignFormat(
      name: "ComfyUI asym_w4a8_int8 codes", reason: "their values go through two roundings",
      endings: ["weight_s_rel"]),
    ForeignFormat(
      name: "ComfyUI awq_w4a16 codes", reason: "no published program writes them",
      endings: ["weight_zeros"]),
    ForeignFormat(
      name: "SDNQ codes", reason: "their weight is missing or of another type",
      endings: ["svd_up", "svd_down"]),
    ForeignFormat(
      name: "SDNQ codes", reason: "only int8, int4, uint4 and FP8 are",
      endings: ["scale", "zero_point"], weightTypes: [.int16, .uint16]),
  ]

  /// The places in `all` of the formats that each ending may tell of.
  private static let placesByEnding = Dictionary(
    all.enumerated().flatMap { place, format in format.endings.map { ($0, [place]) } },
    uniquingKeysWith: +)

  /// The place in `all` of the format that a tensor tells of, nil when it tells of none.
  static func place(
    ending: Substring, type: ElementType, weightType: ElementType?
  ) -> Int? {
    placesByEnding[String(ending)]?.first { place in
      let format = all[place]
      return format.types?.contains(type) ?? true
        && format.weightTypes.map { types in weightType.map(types.contains) ?? false } ?? true
    }
  }
}
