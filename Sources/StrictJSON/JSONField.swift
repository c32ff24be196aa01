/// A value with its place in a document, for readers whose messages say where they are:
/// `recipe.json: rules[2].scheme: expected a string, found a number`.
public struct JSONField: Sendable {
  /// The name that messages begin with, usually a path.
  public let document: String
  /// The place in the document: `rules[2].scheme`; empty for the whole.
  public let path: String
  public let value: JSONValue

  /// A whole document.
  public init(document: String, value: JSONValue) {
    self.init(document: document, path: "", value: value)
  }

  private init(document: String, path: String, value: JSONValue) {
    self.document = document
    self.path = path
    self.value = value
  }

  /// Reads a document from bytes.
  public static func parse(_ text: [UInt8], document: String) throws(JSONFailure) -> JSONField {
    JSONField(
      document: document, value: try JSONValue.parse(text, limits: .init(document: document)))
  }

  /// The member of a key that must be there.
  public subscript(key: String) -> JSONField {
    get throws(JSONFailure) {
      let object = try object()
      guard let value = object[key] else {
        throw .missingKey(document: document, path: path, key: key, found: object.keys)
      }
      return member(key, value)
    }
  }

  /// The member of a key; nil when it is missing or null.
  public func optional(_ key: String) throws(JSONFailure) -> JSONField? {
    guard let value = try object()[key], value != .null else { return nil }
    return member(key, value)
  }

  /// The members of an object in order.
  public func members() throws(JSONFailure) -> [(key: String, field: JSONField)] {
    try object().map { ($0.key, member($0.key, $0.value)) }
  }

  /// The elements of an array.
  public func array() throws(JSONFailure) -> [JSONField] {
    guard case .array(let elements) = value else { throw mismatch("an array") }
    return elements.enumerated().map { index, element in
      JSONField(document: document, path: "\(path)[\(index)]", value: element)
    }
  }

  /// The object itself.
  public func object() throws(JSONFailure) -> JSONObject {
    guard case .object(let object) = value else { throw mismatch("an object") }
    return object
  }

  /// The string.
  public func string() throws(JSONFailure) -> String {
    guard case .string(let text) = value else { throw mismatch("a string") }
    return text
  }

  /// The boolean.
  public func bool() throws(JSONFailure) -> Bool {
    guard case .bool(let value) = value else { throw mismatch("a boolean") }
    return value
  }

  /// The integer: a number without fraction and exponent that fits an `Int`.
  public func integer() throws(JSONFailure) -> Int {
    guard case .number(let number) = value else { throw mismatch("an integer") }
    guard let integer = number.integer else {
      throw failure(expected: "an integer", found: number.literal)
    }
    return integer
  }

  /// The integer, which must lie in `range`.
  public func integer(in range: ClosedRange<Int>) throws(JSONFailure) -> Int {
    let integer = try integer()
    guard range.contains(integer) else {
      throw failure(
        expected: "an integer from \(range.lowerBound) to \(range.upperBound)",
        found: String(integer))
    }
    return integer
  }

  /// The number, which must be in the range of a `Double`.
  public func double() throws(JSONFailure) -> Double {
    guard case .number(let number) = value else { throw mismatch("a number") }
    guard number.double.isFinite else {
      throw failure(expected: "a number in the range of a float64", found: number.literal)
    }
    return number.double
  }

  /// Throws when the object has a key that is not among `known`: most often a spelling mistake.
  public func rejectUnknownKeys(except known: [String]) throws(JSONFailure) {
    for member in try object() where !known.contains(member.key) {
      throw .unknownKey(document: document, path: path, key: member.key, known: known)
    }
  }

  /// A failure at this place, for what a reader finds wrong itself.
  public func failure(expected: String, found: String) -> JSONFailure {
    .mismatch(document: document, path: path, expected: expected, found: found)
  }

  private func mismatch(_ expected: String) -> JSONFailure {
    failure(expected: expected, found: value.kindName)
  }

  private func member(_ key: String, _ value: JSONValue) -> JSONField {
    let isPlain =
      !key.isEmpty
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    let step =
      isPlain ? (path.isEmpty ? key : ".\(key)") : "[\(key.quotedForMessage)]"
    return JSONField(document: document, path: path + step, value: value)
  }
}
