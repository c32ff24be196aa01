internal import Safetensors
internal import Tensors

/// Int8Tensor and Float8Tensor of torchao, as diffusers stores them: `_weight_qdata`,
/// `_weight_scale` and `_weight_zero_point` in place of the weight.
///
/// The header repeats for every tensor what the shapes tell; it is not read.
enum TorchAOFormat: CodeFormat {
  static let anchors = ["_weight_qdata"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    let codes = try layer.required(anchor)
    let types: Set<ElementType> = [.int8, .float8E4M3, .float8E5M2]
    guard types.contains(codes.elementType), codes.shape.extents.count == 2 else {
      throw layer.unsupported(
        anchor, "torchao codes of \(codes.elementType.rawValue) \(codes.shape)",
        "they are packed in the order of a processor")
    }
    return .tensor(
      CodedTensor(
        name: layer.weight, shape: codes.shape, codesName: codes.name,
        codeType: codes.elementType,
        scaleLayout: try layer.scaleLayout("_weight_scale", of: codes.shape),
        scaleName: try layer.required("_weight_scale").name,
        zeroPointName: try layer.zeroPoints("_weight_zero_point", scales: "_weight_scale"),
        companions: layer.names(["_weight_scale", "_weight_zero_point"])))
  }
}
