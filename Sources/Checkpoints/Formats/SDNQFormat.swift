internal import Codecs
internal import Safetensors
internal import StrictJSON
internal import Tensors

/// The codes of SDNQ: `weight` with `scale`, where the minimum of a group is stored `zero_point`, and
/// with SVD `svd_up` and `svd_down`, whose product is added.
///
/// Codes of eight bits are recognised by their shapes. Narrower ones are a row of bytes, of which
/// only `config.json` says how many bits they have.
enum SDNQFormat: CodeFormat {
  static let anchors = ["scale"]

  private static let floats: Set<ElementType> = [.float8E4M3, .float8E5M2]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    guard let codes = layer.tensor("weight"),
      codes.elementType == .int8 || codes.elementType == .uint8
        || floats.contains(codes.elementType)
    else { return nil }
    try refuseOptions(layer)
    if codes.elementType == .uint8 { return .matrix(try fourBit(layer, codes)) }
    let hasGroups = codes.shape.extents.count == 3
    // Of one row with an axis for the groups, the matrix view has the groups for rows.
    guard codes.shape.count > 0, codes.shape.extents.count == 2 || hasGroups,
      !hasGroups || codes.shape.extents[0] > 1
    else {
      throw layer.bad(
        "weight", "[rows, columns] or [rows, groups, columns of a group]", "\(codes.shape)")
    }
    let shape = Shape([codes.shape.rows, codes.shape.columns])
    let layout = try layer.scaleLayout("scale", of: shape)
    if hasGroups, layout != .group(columnCount: codes.shape.extents[2]) {
      throw layer.bad(
        "scale", "[\(codes.shape.extents[0]), \(codes.shape.extents[1]), 1]",
        "\(try layer.required("scale").shape)")
    }
    return .tensor(
      CodedTensor(
        name: layer.weight, shape: shape, codeType: codes.elementType, scaleLayout: layout,
        scaleName: try layer.required("scale").name,
        lowRank: try lowRank(layer, shape),
        companions: layer.names(["scale", "svd_up", "svd_down"])))
  }

  /// Refuses what would change the values in a way that is not known here.
  private static func refuseOptions(_ layer: StoredLayer) throws {
    if layer.tensor("scale_2") != nil || layer.tensor("zero_point_scale") != nil {
      throw layer.unsupported("scale", "SDNQ codes with coded scales", "only plain scales are")
    }
    guard let settings = try layer.settings.quantization(by: "sdnq") else { return }
    for (key, what) in [("use_hadamard", "rotated"), ("use_codebook", "codebook")]
    where try settings.optional(key)?.bool() == true {
      throw layer.unsupported("weight", "SDNQ \(what) codes", "only linear codes are")
    }
  }

  private static func fourBit(
    _ layer: StoredLayer, _ codes: SafetensorsHeader.Tensor
  ) throws -> CodedMatrix {
    let scales = try layer.required("scale")
    let isAsymmetric = layer.tensor("zero_point") != nil
    guard codes.shape.extents.count == 1, try hasFourBits(layer) else {
      throw layer.unsupported(
        "weight", "SDNQ codes of U8 \(codes.shape)",
        "of its unsigned and packed codes only int4 and uint4 are, with a config.json beside them")
    }
    let rows = scales.shape.extents.first ?? 0
    let groups = scales.shape.extents.count >= 2 ? scales.shape.extents[1] : 1
    guard scales.elementType == .float32, scales.shape.count == rows * groups, rows > 0,
      groups > 0, codes.shape.count > 0, (codes.shape.count * 2).isMultiple(of: rows * groups)
    else {
      throw layer.bad(
        "scale", "F32 [rows, groups, 1] for \(codes.shape.count * 2) codes",
        "\(scales.elementType.rawValue) \(scales.shape)")
    }
    let shape = Shape([rows, codes.shape.count * 2 / rows])
    // Without an axis for groups the row is one.
    let groupSize = scales.shape.extents.count == 3 ? shape.columns / groups : nil
    guard groupSize?.isMultiple(of: 8) ?? true else {
      throw layer.bad("scale", "groups of a multiple of 8 columns", "\(shape.columns / groups)")
    }
    let codec: any MatrixCodec =
      isAsymmetric
      ? ScaledUInt4Codec(groupSize: groupSize)
      : ScaledInt4Codec(.sdnq, groupSize: groupSize, scaleType: .float32)
    return try layer.matrix(
      codec, shape, companions: ["svd_up", "svd_down"], lowRank: try lowRank(layer, shape))
  }

  /// Whether every kind of codes that the document names and stores in a row of bytes has four bits.
  private static func hasFourBits(_ layer: StoredLayer) throws -> Bool {
    guard let settings = try layer.settings.quantization(by: "sdnq") else { return false }
    var names = [try settings["weights_dtype"].string()]
    names += try settings.optional("modules_dtype_dict")?.members().map(\.key) ?? []
    for (_, field) in try settings.optional("modules_quant_config")?.members() ?? [] {
      if let name = try field.optional("weights_dtype")?.string() { names.append(name) }
    }
    let halves = names.filter { $0 == "int4" || $0 == "uint4" }
    // Those of eight bits and more have rows and columns.
    let wide = ["int8", "uint8", "int16", "uint16", "float8_e4m3fn", "float8_e5m2", "float16"]
    return !halves.isEmpty && names.allSatisfy { halves.contains($0) || wide.contains($0) }
  }

  private static func lowRank(
    _ layer: StoredLayer, _ shape: Shape
  ) throws(CheckpointFailure) -> LowRankTerm? {
    guard layer.tensor("svd_up") != nil || layer.tensor("svd_down") != nil else { return nil }
    let up = try layer.matrix("svd_up", scaleTypes)
    let down = try layer.matrix("svd_down", scaleTypes)
    let rank = up.shape.columns
    guard up.shape.rows == shape.rows else {
      throw layer.bad("svd_up", "[\(shape.rows), rank]", "\(up.shape)")
    }
    guard down.shape.extents == [rank, shape.columns] else {
      throw layer.bad("svd_down", "[\(rank), \(shape.columns)]", "\(down.shape)")
    }
    return LowRankTerm(upName: up.name, downName: down.name, rank: rank)
  }
}
