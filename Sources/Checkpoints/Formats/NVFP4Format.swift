internal import Codecs
internal import Safetensors
internal import Tensors

/// Four-bit floats in blocks of 16 with an FP8 scale each and one scale of the matrix: as BFL and
/// ModelOpt have them, or where a marker says so as ComfyUI has them.
enum NVFP4Format: CodeFormat {
  static let anchors = ["weight_scale_2"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    let marker = try layer.marker()
    if let marker, marker.formatName != "nvfp4" { return nil }
    if layer.tensor("pre_quant_scale") != nil {
      throw layer.unsupported(
        "pre_quant_scale", "NVFP4 codes of scaled columns",
        "the weight is that of activations which a runtime scales first")
    }
    let packed = try layer.matrix("weight", [.uint8]).shape
    // A file has these bytes, so twice as many do not overflow.
    let shape = Shape([packed.rows, packed.columns * 2])
    guard let marker else {
      return .matrix(
        try layer.matrix(NVFP4Codec(.bfl), shape, constants: ["input_scale": one]))
    }
    guard marker.rotationSize == nil else {
      throw layer.unsupported("weight", "rotated NVFP4 codes", "ComfyUI has none")
    }
    return .matrix(
      try layer.matrix(
        NVFP4Codec(.comfyUI), shape, constants: ["comfy_quant": marker.text],
        documents: ["comfy_quant"], companions: ["input_scale"]))
  }

  /// 1 as a little-endian float32: what activations are divided by does not touch the weight.
  private static let one: [UInt8] = [0, 0, 0x80, 0x3f]
}

/// FP8 values in blocks of 32 with a power of two each, as ComfyUI has them.
///
/// Only a marker tells in which order the scales stand, so codes without one are not read.
enum MXFP8Format: CodeFormat {
  static let anchors = ["weight_scale"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    guard let marker = try layer.marker(), marker.formatName == "mxfp8" else { return nil }
    guard marker.rotationSize == nil else {
      throw layer.unsupported("weight", "rotated MXFP8 codes", "ComfyUI has none")
    }
    let shape = try layer.matrix("weight", [.float8E4M3, .uint8]).shape
    return .matrix(
      try layer.matrix(
        MXFP8Codec(), shape, constants: ["comfy_quant": marker.text],
        documents: ["comfy_quant"], companions: ["input_scale"]))
  }
}
