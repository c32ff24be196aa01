internal import Tensors

/// A way of storing codes that is recognised by a tensor beside the weight, so that it is not taken
/// for plain data. None of them is decoded here.
///
/// A tensor's name is layer + "." + ending; `weightTypes` are those of layer + ".weight".
struct ForeignFormat {
  /// What people call it.
  let name: String
  /// The last parts of the names that tell of it.
  let endings: [String]
  /// The types that the tensor must have for that; nil for any.
  var types: Set<ElementType>?
  /// The types that the layer's weight must have for that; nil for any, or no weight at all.
  var weightTypes: Set<ElementType>?

  /// The first that fits counts.
  static let all = [
    ForeignFormat(
      name: "bitsandbytes 4-bit codes (NF4, FP4)",
      endings: [
        "bitsandbytes__nf4", "bitsandbytes__fp4", "absmax", "quant_map", "nested_absmax",
        "nested_quant_map",
      ]),
    ForeignFormat(
      name: "SVDQuant codes (nunchaku)",
      endings: ["wscales", "wcscales", "wtscale", "smooth_factor", "smooth_factor_orig"]),
    ForeignFormat(name: "GPTQ or AWQ codes", endings: ["qweight", "qzeros"]),
    ForeignFormat(name: "packed codes of compressed-tensors", endings: ["weight_packed"]),
    ForeignFormat(
      name: "codes with zero points (compressed-tensors)", endings: ["weight_zero_point"]),
    ForeignFormat(
      name: "torchao codes", endings: ["_weight_qdata", "_weight_scale", "_weight_zero_point"]),
    ForeignFormat(name: "quanto codes", endings: ["_data", "_scale", "_shift"]),
    ForeignFormat(name: "NVFP4 codes", endings: ["weight_scale_2", "weight_global_scale"]),
    ForeignFormat(name: "NVFP4 codes", endings: ["weight_scale"], types: [.float8E4M3]),
    ForeignFormat(
      name: "MXFP8 codes", endings: ["weight_scale"], types: [.exponent8, .uint8],
      weightTypes: [.float8E4M3, .float8E5M2]),
    ForeignFormat(
      name: "MXFP4 codes", endings: ["weight_scale"], types: [.exponent8, .uint8]),
    ForeignFormat(name: "FP8 codes with scales of blocks", endings: ["weight_scale_inv"]),
    ForeignFormat(name: "ComfyUI asym_w4a8_int8 codes", endings: ["weight_s_rel"]),
    ForeignFormat(name: "ComfyUI awq_w4a16 codes", endings: ["weight_zeros"]),
    ForeignFormat(name: "SDNQ codes", endings: ["svd_up", "svd_down"]),
    ForeignFormat(
      name: "SDNQ codes", endings: ["scale", "zero_point"],
      weightTypes: [.int8, .uint8, .int16, .uint16, .float8E4M3, .float8E5M2]),
    ForeignFormat(name: "MLX codes", endings: ["scales"], weightTypes: [.uint32]),
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
