extension JSONValue {
  /// What a parser accepts, and how its messages call the text.
  public struct Limits: Sendable {
    /// The name that messages begin with, usually a path.
    public var document: String
    /// The byte of the file at which the text begins; offsets in messages count from the file.
    public var firstByte: Int
    /// How many arrays and objects may stand inside each other.
    public var maximumDepth: Int

    public init(document: String, firstByte: Int = 0, maximumDepth: Int = 64) {
      self.document = document
      self.firstByte = firstByte
      self.maximumDepth = maximumDepth
    }
  }

  /// Reads a document: exactly one value (RFC 8259), UTF-8 without a byte order mark.
  ///
  /// Stricter than the RFC, which leaves them open: duplicate keys, lone surrogates and nesting
  /// beyond the limit are failures. Numbers of any size are kept as text.
  ///
  /// - Complexity: linear in the number of bytes.
  public static func parse(
    _ text: RawSpan, limits: Limits
  ) throws(JSONFailure) -> JSONValue {
    // Every byte of a raw span is a valid UInt8.
    var parser = JSONParser(bytes: unsafe text._unsafeView(as: UInt8.self), limits: limits)
    return try parser.document()
  }

  /// Reads a document from bytes in an array.
  public static func parse(
    _ text: [UInt8], limits: Limits
  ) throws(JSONFailure) -> JSONValue {
    var parser = JSONParser(bytes: text.span, limits: limits)
    return try parser.document()
  }

  /// Reads a document from a string.
  public static func parse(
    _ text: String, limits: Limits
  ) throws(JSONFailure) -> JSONValue {
    try parse(Array(text.utf8), limits: limits)
  }
}

/// A recursive-descent parser: one function for each rule of the grammar.
internal struct JSONParser: ~Escapable {
  internal let bytes: Span<UInt8>
  internal let limits: JSONValue.Limits
  internal var position = 0
  private var depth = 0

  @_lifetime(copy bytes)
  internal init(bytes: Span<UInt8>, limits: JSONValue.Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  internal var isAtEnd: Bool { position == bytes.count }

  /// The byte at the position, nil at the end.
  internal var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// The position as messages count it.
  internal var offset: Int { limits.firstByte + position }

  internal func unexpected(_ expected: String) -> JSONFailure {
    .unexpected(document: limits.document, offset: offset, expected: expected, found: next)
  }

  @_lifetime(self: copy self)
  internal mutating func document() throws(JSONFailure) -> JSONValue {
    try checkEncoding()
    skipSpace()
    let value = try value()
    skipSpace()
    guard isAtEnd else {
      throw .trailingBytes(
        document: limits.document, offset: offset, byteCount: bytes.count - position)
    }
    return value
  }

  /// Checks the whole text once, so that strings can be taken from it without another look.
  private func checkEncoding() throws(JSONFailure) {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes)
    } catch {
      throw .invalidUTF8(
        document: limits.document, offset: limits.firstByte + error.byteOffsets.lowerBound)
    }
  }

  @_lifetime(self: copy self)
  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  @_lifetime(self: copy self)
  private mutating func value() throws(JSONFailure) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): .object(try object())
    case UInt8(ascii: "["): .array(try array())
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "t"): try word("true", .bool(true))
    case UInt8(ascii: "f"): try word("false", .bool(false))
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: .number(try number())
    default: throw unexpected("a value")
    }
  }

  @_lifetime(self: copy self)
  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONFailure) -> JSONValue {
    for byte in word.description.utf8 {
      guard next == byte else { throw unexpected("`\(word)`") }
      position += 1
    }
    return value
  }

  @_lifetime(self: copy self)
  private mutating func array() throws(JSONFailure) -> [JSONValue] {
    try descend()
    var elements: [JSONValue] = []
    skipSpace()
    if next != UInt8(ascii: "]") {
      while true {
        skipSpace()
        elements.append(try value())
        skipSpace()
        guard next == UInt8(ascii: ",") else { break }
        position += 1
      }
    }
    guard next == UInt8(ascii: "]") else { throw unexpected("`,` or `]`") }
    ascend()
    return elements
  }

  @_lifetime(self: copy self)
  private mutating func object() throws(JSONFailure) -> JSONObject {
    try descend()
    var object = JSONObject()
    skipSpace()
    if next != UInt8(ascii: "}") {
      while true {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotation marks") }
        let keyOffset = offset
        let key = try string()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("`:`") }
        position += 1
        skipSpace()
        guard object.append(key: key, value: try value()) else {
          throw .duplicateKey(document: limits.document, offset: keyOffset, key: key)
        }
        skipSpace()
        guard next == UInt8(ascii: ",") else { break }
        position += 1
      }
    }
    guard next == UInt8(ascii: "}") else { throw unexpected("`,` or `}`") }
    ascend()
    return object
  }

  @_lifetime(self: copy self)
  private mutating func descend() throws(JSONFailure) {
    guard depth < limits.maximumDepth else {
      throw .tooDeep(document: limits.document, offset: offset, limit: limits.maximumDepth)
    }
    depth += 1
    position += 1
  }

  @_lifetime(self: copy self)
  private mutating func ascend() {
    depth -= 1
    position += 1
  }
}
