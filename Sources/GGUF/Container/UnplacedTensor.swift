internal import StrictJSON
internal import Tensors

/// What the header says of one tensor, with the offset that it states.
internal struct UnplacedTensor {
  let name: String
  let type: BlockType
  let shape: Shape
  let byteCount: Int
  /// From the start of the data.
  let offset: UInt64

  /// The bytes of a scalar with an empty name.
  static let minimumByteCount = 24

  static func read(
    _ cursor: inout HeaderCursor, index: Int
  ) throws(GGUFFailure) -> UnplacedTensor {
    let name = try cursor.string(of: "the name of tensor \(index)")
    let file = cursor.path
    func failure(_ expected: String, _ found: String) -> GGUFFailure {
      .tensor(file: file, tensor: name, expected: expected, found: found)
    }
    guard !name.isEmpty else { throw failure("a name", "none, for tensor \(index)") }
    let subject = "what is said of tensor \(name.quotedForMessage)"
    let rank = try cursor.integer(UInt32.self, of: subject)
    guard rank <= UInt32(GGUFHeader.maximumRank) else {
      throw failure("at most \(GGUFHeader.maximumRank) axes", "\(rank)")
    }
    let stated = try cursor.integers(UInt64.self, count: Int(rank), of: subject)
    let extents = stated.reversed().compactMap { Int(exactly: $0) }
    guard extents.count == stated.count, let shape = Shape(checking: extents) else {
      let list = stated.reversed().map(String.init).joined(separator: ", ")
      throw failure("a shape whose elements an integer of 64 bits can count", "[\(list)]")
    }
    let type = try type(cursor.integer(UInt32.self, of: subject), of: name, file: file)
    guard (extents.last ?? 1).isMultiple(of: type.elementsPerBlock) else {
      throw failure(
        "rows of a multiple of \(type.elementsPerBlock) elements, for \(type.name)",
        "the shape \(shape)")
    }
    guard let byteCount = type.byteCount(of: shape) else {
      throw failure("a shape whose bytes an integer of 64 bits can count", "\(shape)")
    }
    return UnplacedTensor(
      name: name, type: type, shape: shape, byteCount: byteCount,
      offset: try cursor.integer(of: subject))
  }

  private static func type(
    _ number: UInt32, of tensor: String, file: String
  ) throws(GGUFFailure) -> BlockType {
    if let type = BlockType(rawValue: number) { return type }
    throw .unreadableType(
      file: file, tensor: tensor, number: number, name: otherTypes[number])
  }

  /// The types that ggml has and that are not read here.
  private static let otherTypes: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0", 42: "Q2_0",
  ]
}
