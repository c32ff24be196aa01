internal import Codecs
internal import Safetensors
internal import StrictJSON
internal import Tensors

/// The 4-bit codes of bitsandbytes, which a document beside each weight describes.
enum BitsandbytesFormat: CodeFormat {
  private static let document = "weight.quant_state.bitsandbytes__"
  private static let kinds: [String: FourBitFloatCodec.Kind] = ["nf4": .nf4, "fp4": .fp4]

  static let anchors = [document + "nf4", document + "fp4"]

  static func weight(of layer: StoredLayer, anchor: String) throws -> CodedWeight? {
    let name = String(anchor.dropFirst(document.count))
    guard let kind = kinds[name] else { return nil }
    let state = try layer.document(anchor)
    try expect(state["quant_type"], name)
    try expect(state["blocksize"], 64)
    let isDouble = try state.optional("nested_blocksize") != nil
    if isDouble {
      try expect(state["nested_blocksize"], 256)
      try expect(state["nested_dtype"], "float32")
      _ = try state["nested_offset"].double()
    }
    let codec = FourBitFloatCodec(
      kind: kind, isDouble: isDouble, valueType: try valueType(state["dtype"]))
    let codes = try layer.required("weight")
    let shape = try shape(state["shape"], byteCount: codes.byteRange.count)
    return .matrix(try layer.matrix(codec, shape, documents: [anchor]))
  }

  private static func expect(_ field: JSONField, _ expected: String) throws(JSONFailure) {
    let found = try field.string()
    guard found == expected else { throw field.failure(expected: expected, found: found) }
  }

  private static func expect(_ field: JSONField, _ expected: Int) throws(JSONFailure) {
    let found = try field.integer()
    guard found == expected else {
      throw field.failure(expected: String(expected), found: String(found))
    }
  }

  /// The type of the weight before it was quantized.
  private static func valueType(_ field: JSONField) throws(JSONFailure) -> ElementType {
    let name = try field.string()
    let types: [String: ElementType] = [
      "bfloat16": .bfloat16, "float16": .float16, "float32": .float32,
    ]
    guard let type = types[name] else {
      throw field.failure(expected: "bfloat16, float16 or float32", found: name)
    }
    return type
  }

  /// The weight's shape, whose values take so many bytes as halves.
  private static func shape(_ field: JSONField, byteCount: Int) throws(JSONFailure) -> Shape {
    var extents: [Int] = []
    for extent in try field.array() { extents.append(try extent.integer(in: 1...Int.max)) }
    guard let shape = Shape(checking: extents),
      shape.count / 2 + shape.count % 2 == byteCount
    else {
      throw field.failure(
        expected: "the shape of a matrix in \(byteCount) bytes of two codes",
        found: "[\(extents.map(String.init).joined(separator: ", "))]")
    }
    return shape
  }
}
