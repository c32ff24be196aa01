internal import Tensors

extension [UInt8] {
  /// Appends an integer, the lowest byte first.
  internal mutating func append(_ value: some FixedWidthInteger) {
    for byte in 0..<value.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: value >> (8 * byte)))
    }
  }

  /// Appends a string: its length and its UTF-8.
  internal mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  /// Appends a key, the type of its value, and the value.
  internal mutating func append(_ entry: GGUFMetadata.Entry) {
    append(entry.key)
    append(entry.value.type.rawValue)
    switch entry.value {
    case .uint8(let value): append(value as UInt8)
    case .int8(let value): append(value)
    case .uint16(let value): append(value)
    case .int16(let value): append(value)
    case .uint32(let value): append(value)
    case .int32(let value): append(value)
    case .uint64(let value): append(value)
    case .int64(let value): append(value)
    case .float32(let value): append(value.bitPattern)
    case .float64(let value): append(value.bitPattern)
    case .bool(let value): append(UInt8(value ? 1 : 0))
    case .string(let text): append(text)
    case .array(let array): append(array)
    }
  }

  private mutating func append(_ array: GGUFArray) {
    append(array.type.rawValue)
    append(UInt64(array.count))
    switch array {
    case .uint8(let values): append(contentsOf: values)
    case .int8(let values): for value in values { append(value) }
    case .uint16(let values): for value in values { append(value) }
    case .int16(let values): for value in values { append(value) }
    case .uint32(let values): for value in values { append(value) }
    case .int32(let values): for value in values { append(value) }
    case .uint64(let values): for value in values { append(value) }
    case .int64(let values): for value in values { append(value) }
    case .float32(let values): for value in values { append(value.bitPattern) }
    case .float64(let values): for value in values { append(value.bitPattern) }
    case .bool(let values): for value in values { append(UInt8(value ? 1 : 0)) }
    case .string(let texts): for text in texts { append(text) }
    }
  }

  /// Appends what is said of a tensor; `offset` counts from the start of the data.
  internal mutating func append(_ entry: GGUFLayout.Entry, offset: Int) {
    append(entry.name)
    append(UInt32(entry.shape.extents.count))
    for extent in entry.shape.extents.reversed() { append(UInt64(extent)) }
    append(entry.type.rawValue)
    append(UInt64(offset))
  }
}
