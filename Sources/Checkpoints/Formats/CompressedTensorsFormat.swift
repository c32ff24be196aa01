internal import Codecs
internal import Safetensors
internal import Tensors

/// Codes of compressed-tensors, as vLLM and transformers read them: four bits packed into words, or
/// eight bits with a scale for each group of columns or with points of zero. Eight bits with a scale
/// for the weight or for each row need no format (`StoredCodes`).
enum CompressedTensorsFormat: CodeFormat {
  static let anchors = ["weight_packed", "weight_scale"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    if anchor == anchors[1] { return try eightBit(layer) }
    if layer.tensor("weight_global_scale") != nil {
      throw layer.unsupported(
        "weight_global_scale", "NVFP4 codes of compressed-tensors",
        "only those of BFL, ModelOpt and ComfyUI are")
    }
    if layer.tensor("weight_zero_point") != nil {
      throw layer.unsupported(
        "weight_zero_point", "packed codes with zero points (compressed-tensors)",
        "only symmetric codes are")
    }
    let packed = try layer.matrix("weight_packed", [.int32]).shape
    let shape = try shape(layer, packed: packed)
    let scales = try layer.matrix("weight_scale", scaleTypes)
    let groupCount = scales.shape.columns
    guard shape.columns.isMultiple(of: groupCount) else {
      throw layer.bad(
        "weight_scale", "a number of groups that divides \(shape.columns) columns",
        "\(scales.shape)")
    }
    let groupSize = shape.columns / groupCount
    guard groupSize.isMultiple(of: 8) else {
      throw layer.bad("weight_scale", "groups of a multiple of 8 columns", "\(groupSize) columns")
    }
    try checkOrder(layer, columnCount: shape.columns, groupSize: groupSize)
    let codec = ScaledInt4Codec(
      .compressedTensors, groupSize: groupCount == 1 ? nil : groupSize,
      scaleType: scales.elementType)
    return .matrix(try layer.matrix(codec, shape, companions: ["weight_g_idx", "input_scale"]))
  }

  /// The weight's shape as `weight_shape` has it; the words must hold it as four bits.
  private static func shape(_ layer: StoredLayer, packed: Shape) throws -> Shape {
    let stored = try layer.required("weight_shape")
    guard stored.elementType == .int64, stored.shape.extents == [2] else {
      throw layer.bad(
        "weight_shape", "I64 [2]", "\(stored.elementType.rawValue) \(stored.shape)")
    }
    let bytes = try layer.bytes(of: "weight_shape", limit: 16)
    let extents = [littleEndian(bytes[0..<8]), littleEndian(bytes[8..<16])]
    for bits in [4, 8] {
      let codesPerWord = 32 / bits
      // The words are in the file, so their codes do not overflow.
      let last = packed.columns * codesPerWord
      guard extents[0] == UInt64(packed.rows), extents[1] <= UInt64(last),
        extents[1] > UInt64(last - codesPerWord)
      else { continue }
      if bits == 8 {
        throw layer.unsupported(
          "weight_packed", "packed codes of 8 bits (compressed-tensors)", "only those of 4 bits are"
        )
      }
      return Shape([packed.rows, Int(extents[1])])
    }
    throw layer.bad(
      "weight_shape", "[\(packed.rows), \(packed.columns * 8)], as weight_packed has codes",
      "[\(extents[0]), \(extents[1])]")
  }

  /// Groups must be consecutive columns: `weight_g_idx` may say so, and nothing else.
  private static func checkOrder(
    _ layer: StoredLayer, columnCount: Int, groupSize: Int
  ) throws {
    guard let order = layer.tensor("weight_g_idx") else { return }
    guard order.elementType == .int32, order.shape.extents == [columnCount] else {
      throw layer.bad(
        "weight_g_idx", "I32 [\(columnCount)]", "\(order.elementType.rawValue) \(order.shape)")
    }
    let bytes = try layer.bytes(of: "weight_g_idx", limit: 1 << 24)
    for column in 0..<columnCount {
      let group = littleEndian(bytes[4 * column..<4 * column + 4])
      guard group == UInt64(column / groupSize) else {
        throw layer.unsupported(
          "weight_g_idx", "packed codes in the order of activations (compressed-tensors)",
          "groups of consecutive columns are")
      }
    }
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func eightBit(_ layer: StoredLayer) throws -> CodedWeight? {
    guard layer.tensor("comfy_quant") == nil, layer.settings.markers[layer.weight] == nil,
      let codes = layer.tensor("weight"), let scales = layer.tensor("weight_scale"),
      codes.elementType == .int8, codes.shape.extents.count == 2, codes.shape.count > 0,
      scales.shape.extents.count == 2, scales.shape.extents[0] == codes.shape.rows
    else { return nil }
    let layout = try layer.scaleLayout("weight_scale", of: codes.shape)
    let points = try layer.zeroPoints("weight_zero_point", scales: "weight_scale")
    if layout == .row, points == nil { return nil }
    return .tensor(
      CodedTensor(
        name: layer.weight, shape: codes.shape, codeType: .int8, scaleLayout: layout,
        scaleName: scales.name, zeroPointName: points,
        companions: layer.names(["weight_scale", "weight_zero_point", "input_scale"])))
  }
}
