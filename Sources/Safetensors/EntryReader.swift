internal import StrictJSON
internal import Tensors

/// Reads one tensor's entry: `{"dtype": …, "shape": […], "data_offsets": [begin, end]}`.
internal struct EntryReader {
  let file: String
  let tensor: String
  let dataOffset: Int
  let fileByteCount: Int

  private static let keys = ["dtype", "shape", "data_offsets"]

  func read(_ value: JSONValue) throws(SafetensorsFailure) -> SafetensorsHeader.Tensor {
    guard case .object(let members) = value else {
      throw entry(nil, "an object", value.kindName)
    }
    for key in members.keys where !Self.keys.contains(key) {
      throw entry(
        nil, "the keys \"dtype\", \"shape\" and \"data_offsets\" only", key.quotedForMessage)
    }
    let type = try elementType(try member(members, "dtype"))
    let shape = try shape(try member(members, "shape"))
    let (begin, end) = try offsets(try member(members, "data_offsets"))
    let byteCount = try byteCount(type, shape)
    guard begin <= end else {
      throw .reversedRange(file: file, tensor: tensor, begin: begin, end: end)
    }
    guard end <= fileByteCount - dataOffset else {
      throw .beyondData(
        file: file, tensor: tensor, end: end, dataByteCount: fileByteCount - dataOffset)
    }
    guard end - begin == byteCount else {
      throw .sizeMismatch(
        file: file, tensor: tensor, type: type, shape: shape, expected: byteCount,
        found: end - begin)
    }
    return SafetensorsHeader.Tensor(
      name: tensor, elementType: type, shape: shape,
      byteRange: dataOffset + begin..<dataOffset + end)
  }

  private func member(
    _ members: JSONObject, _ key: String
  ) throws(SafetensorsFailure) -> JSONValue {
    guard let value = members[key] else {
      throw entry(nil, "the key \"\(key)\"", "an entry without it")
    }
    return value
  }

  private func elementType(_ value: JSONValue) throws(SafetensorsFailure) -> ElementType {
    guard case .string(let name) = value else { throw entry("dtype", "a string", value.kindName) }
    guard let type = ElementType(rawValue: name) else {
      throw .unknownElementType(file: file, tensor: tensor, found: name)
    }
    return type
  }

  private func shape(_ value: JSONValue) throws(SafetensorsFailure) -> Shape {
    let extents = try naturals(value, "shape")
    guard let shape = Shape(checking: extents) else {
      throw .shapeOverflow(file: file, tensor: tensor, extents: extents)
    }
    return shape
  }

  private func offsets(_ value: JSONValue) throws(SafetensorsFailure) -> (Int, Int) {
    let offsets = try naturals(value, "data_offsets")
    guard offsets.count == 2 else {
      throw entry("data_offsets", "two numbers, begin and end", "\(offsets.count)")
    }
    return (offsets[0], offsets[1])
  }

  private func byteCount(
    _ type: ElementType, _ shape: Shape
  ) throws(SafetensorsFailure) -> Int {
    guard let byteCount = type.byteCount(of: shape.count) else {
      let (bits, overflow) = shape.count.multipliedReportingOverflow(by: type.bitWidth)
      if overflow {
        throw .shapeOverflow(file: file, tensor: tensor, extents: shape.extents)
      }
      throw .partialByte(file: file, tensor: tensor, type: type, shape: shape, bitCount: bits)
    }
    return byteCount
  }

  /// An array of integers that are not negative and fit an `Int`.
  private func naturals(
    _ value: JSONValue, _ key: String
  ) throws(SafetensorsFailure) -> [Int] {
    guard case .array(let elements) = value else { throw entry(key, "an array", value.kindName) }
    var naturals: [Int] = []
    for (index, element) in elements.enumerated() {
      guard case .number(let number) = element else {
        throw entry("\(key)[\(index)]", "an integer", element.kindName)
      }
      guard let natural = number.integer, natural >= 0 else {
        throw entry("\(key)[\(index)]", "an integer from 0 to \(Int.max)", number.literal)
      }
      naturals.append(natural)
    }
    return naturals
  }

  private func entry(
    _ field: String?, _ expected: String, _ found: String
  ) -> SafetensorsFailure {
    .entry(file: file, tensor: tensor, field: field, expected: expected, found: found)
  }
}
