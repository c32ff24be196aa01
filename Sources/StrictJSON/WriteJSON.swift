extension JSONValue {
  /// The document on one line without spaces, members in their order: same value, same bytes.
  public func compact() -> String {
    var writer = JSONWriter(indentation: nil)
    writer.write(self, level: 0)
    return String(decoding: writer.output, as: UTF8.self)
  }

  /// The document with one member or element on each line, indented by two spaces; no line break
  /// at the end. Empty arrays and objects stay `[]` and `{}`.
  public func pretty() -> String {
    var writer = JSONWriter(indentation: 2)
    writer.write(self, level: 0)
    return String(decoding: writer.output, as: UTF8.self)
  }
}

/// Escapes what RFC 8259 demands and nothing else: quotation mark, backslash, and what is below
/// U+0020, by its short form where it has one.
private struct JSONWriter {
  let indentation: Int?
  var output: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: put("null")
    case .bool(let value): put(value ? "true" : "false")
    case .number(let number): put(number.literal)
    case .string(let text): write(text)
    case .array(let elements):
      list("[", "]", count: elements.count, level: level) { writer, index in
        writer.write(elements[index], level: level + 1)
      }
    case .object(let object):
      list("{", "}", count: object.count, level: level) { writer, index in
        writer.write(object[index].key)
        writer.put(writer.indentation == nil ? ":" : ": ")
        writer.write(object[index].value, level: level + 1)
      }
    }
  }

  private mutating func list(
    _ open: String, _ close: String, count: Int, level: Int,
    element: (inout JSONWriter, Int) -> Void
  ) {
    put(open)
    for index in 0..<count {
      if index > 0 { put(",") }
      newLine(level + 1)
      element(&self, index)
    }
    if count > 0 { newLine(level) }
    put(close)
  }

  private mutating func newLine(_ level: Int) {
    guard let indentation else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation * level))
  }

  private mutating func write(_ text: String) {
    put("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): put("\\\"")
      case UInt8(ascii: "\\"): put("\\\\")
      case 0x08: put("\\b")
      case 0x09: put("\\t")
      case 0x0A: put("\\n")
      case 0x0C: put("\\f")
      case 0x0D: put("\\r")
      case 0..<0x20: put("\\u" + hexadecimal(UInt(byte), digits: 4))
      default: output.append(byte)
      }
    }
    put("\"")
  }

  private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }
}
