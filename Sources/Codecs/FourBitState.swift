internal import StrictJSON
internal import Tensors

/// The document that bitsandbytes keeps beside codes of four bits.
///
/// Its length depends on the codec and the shape only: numbers that are known later are followed by
/// spaces.
enum FourBitState {
  /// The longest decimal that names a float32 as a float64: `-1.1754943508222875e-38`.
  private static let longestNumber = 24

  static func ending(_ kind: FourBitFloatCodec.Kind) -> String {
    "quant_state.bitsandbytes__\(kind.rawValue)"
  }

  static func bytes(_ codec: FourBitFloatCodec, _ shape: Shape, offset: Float) -> [UInt8] {
    var text =
      "{\"quant_type\": \"\(codec.kind.rawValue)\", "
      + "\"blocksize\": \(FourBitFloatCodec.blockSize), "
      + "\"dtype\": \"\(name(codec.valueType))\", \"shape\": [\(shape.rows), \(shape.columns)]"
    guard codec.isDouble else { return Array((text + "}").utf8) }
    let number = "\(Double(offset))"
    text +=
      ", \"nested_blocksize\": \(FourBitFloatCodec.nestedBlockSize), "
      + "\"nested_dtype\": \"float32\", \"nested_offset\": \(number)}"
    return Array(text.utf8)
      + [UInt8](repeating: UInt8(ascii: " "), count: longestNumber - number.utf8.count)
  }

  /// The offset that a document names, 0 if there is none to name. Throws when it is not that of such
  /// a matrix.
  static func offset(
    in bytes: [UInt8], of codec: FourBitFloatCodec, _ shape: Shape
  ) throws(CodecFailure) -> Float {
    let ending = "weight." + ending(codec.kind)
    do throws(JSONFailure) {
      let document = try JSONField.parse(bytes, document: ending)
      try expect(document, "quant_type", codec.kind.rawValue)
      try expect(document, "blocksize", FourBitFloatCodec.blockSize)
      let extents = try document["shape"].array()
      guard try extents.map({ field throws(JSONFailure) in try field.integer() }) == shape.extents
      else {
        throw document.failure(expected: "the shape \(shape)", found: "another")
      }
      guard codec.isDouble else { return 0 }
      try expect(document, "nested_blocksize", FourBitFloatCodec.nestedBlockSize)
      let offset = Float(try document["nested_offset"].double())
      guard offset.isFinite, offset >= 0 else {
        throw document.failure(expected: "a mean of magnitudes", found: "\(offset)")
      }
      return offset
    } catch {
      throw .badArray(
        ending: ending, expected: "the state of \(codec) of \(shape)",
        found: String(decoding: bytes.prefix(300), as: UTF8.self))
    }
  }

  private static func expect(
    _ document: JSONField, _ key: String, _ value: String
  ) throws(JSONFailure) {
    let found = try document[key].string()
    guard found == value else { throw document.failure(expected: value, found: found) }
  }

  private static func expect(
    _ document: JSONField, _ key: String, _ value: Int
  ) throws(JSONFailure) {
    let found = try document[key].integer()
    guard found == value else { throw document.failure(expected: "\(value)", found: "\(found)") }
  }

  private static func name(_ type: ElementType) -> String {
    switch type {
    case .float32: "float32"
    case .float16: "float16"
    default: "bfloat16"
    }
  }
}
