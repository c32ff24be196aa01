internal import StrictJSON

extension GGUFMetadata {
  /// Reads so many entries.
  static func read(
    _ cursor: inout HeaderCursor, count: Int
  ) throws(GGUFFailure) -> GGUFMetadata {
    var metadata = GGUFMetadata()
    for index in 0..<count {
      let key = try cursor.string(of: "the key of entry \(index)")
      let subject = "the value of \(key.quotedForMessage)"
      let value = try readValue(&cursor, key: key, subject)
      guard metadata.append(key, value) else {
        throw .metadata(
          file: cursor.path, key: key, expected: key.isEmpty ? "a key" : "each key once",
          found: key.isEmpty ? "an empty one" : "it again in entry \(index)")
      }
    }
    return metadata
  }

  private static func readType(
    _ cursor: inout HeaderCursor, key: String, _ subject: String
  ) throws(GGUFFailure) -> GGUFValueType {
    let number = try cursor.integer(UInt32.self, of: subject)
    guard let type = GGUFValueType(rawValue: number) else {
      throw .metadata(
        file: cursor.path, key: key, expected: "a type from 0 to 12", found: "\(number)")
    }
    return type
  }

  private static func readValue(
    _ cursor: inout HeaderCursor, key: String, _ subject: String
  ) throws(GGUFFailure) -> GGUFValue {
    switch try readType(&cursor, key: key, subject) {
    case .uint8: .uint8(try cursor.integer(of: subject))
    case .int8: .int8(try cursor.integer(of: subject))
    case .uint16: .uint16(try cursor.integer(of: subject))
    case .int16: .int16(try cursor.integer(of: subject))
    case .uint32: .uint32(try cursor.integer(of: subject))
    case .int32: .int32(try cursor.integer(of: subject))
    case .float32: .float32(Float(bitPattern: try cursor.integer(of: subject)))
    case .bool: .bool(try bool(try cursor.integer(of: subject), key: key, file: cursor.path))
    case .string: .string(try cursor.string(of: subject))
    case .array: .array(try readArray(&cursor, key: key, subject))
    case .uint64: .uint64(try cursor.integer(of: subject))
    case .int64: .int64(try cursor.integer(of: subject))
    case .float64: .float64(Double(bitPattern: try cursor.integer(of: subject)))
    }
  }

  private static func readArray(
    _ cursor: inout HeaderCursor, key: String, _ subject: String
  ) throws(GGUFFailure) -> GGUFArray {
    let type = try readType(&cursor, key: key, subject)
    let stated = try cursor.integer(UInt64.self, of: subject)
    let (byteCount, overflow) = stated.multipliedReportingOverflow(
      by: UInt64(type.minimumByteCount))
    try cursor.require(overflow ? .max : byteCount, of: subject)
    let count = Int(stated)
    switch type {
    case .uint8: return .uint8(try cursor.integers(count: count, of: subject))
    case .int8: return .int8(try cursor.integers(count: count, of: subject))
    case .uint16: return .uint16(try cursor.integers(count: count, of: subject))
    case .int16: return .int16(try cursor.integers(count: count, of: subject))
    case .uint32: return .uint32(try cursor.integers(count: count, of: subject))
    case .int32: return .int32(try cursor.integers(count: count, of: subject))
    case .uint64: return .uint64(try cursor.integers(count: count, of: subject))
    case .int64: return .int64(try cursor.integers(count: count, of: subject))
    case .float32:
      return .float32(
        try cursor.integers(UInt32.self, count: count, of: subject).map(Float.init(bitPattern:)))
    case .float64:
      return .float64(
        try cursor.integers(UInt64.self, count: count, of: subject).map(Double.init(bitPattern:)))
    case .bool:
      let bytes = try cursor.integers(UInt8.self, count: count, of: subject)
      let path = cursor.path
      return .bool(
        try bytes.map { byte throws(GGUFFailure) in try bool(byte, key: key, file: path) })
    case .string:
      var strings: [String] = []
      for _ in 0..<count { strings.append(try cursor.string(of: subject)) }
      return .string(strings)
    case .array:
      throw .metadata(
        file: cursor.path, key: key, expected: "an array of values", found: "one of arrays")
    }
  }

  private static func bool(
    _ byte: UInt8, key: String, file: String
  ) throws(GGUFFailure) -> Bool {
    guard byte <= 1 else {
      throw .metadata(file: file, key: key, expected: "the byte 0 or 1", found: "\(byte)")
    }
    return byte == 1
  }
}
