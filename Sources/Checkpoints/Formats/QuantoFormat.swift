internal import Safetensors
internal import Tensors

/// The 8-bit codes of quanto: `weight._data` and `weight._scale` in place of the weight.
enum QuantoFormat: CodeFormat {
  static let anchors = ["weight._data", "weight._data._data"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    guard anchor == anchors[0] else {
      throw layer.unsupported(
        anchor, "quanto codes of 2 or 4 bits", "quanto is no longer developed; its int8 is read")
    }
    let codes = try layer.matrix(anchor, [.int8, .float8E4M3, .float8E5M2])
    let layout = try layer.scaleLayout("weight._scale", of: codes.shape)
    if case .group = layout {
      throw layer.bad(
        "weight._scale", "a scale for the weight or for each row",
        "\(try layer.required("weight._scale").shape)")
    }
    return .tensor(
      CodedTensor(
        name: layer.weight, shape: codes.shape, codesName: codes.name,
        codeType: codes.elementType, scaleLayout: layout,
        scaleName: try layer.required("weight._scale").name,
        companions: layer.names(["weight._scale", "input_scale", "output_scale"])))
  }
}
