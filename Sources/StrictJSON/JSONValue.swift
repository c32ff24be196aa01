/// A JSON document or a part of one (RFC 8259), with nothing lost that a reader could want: numbers
/// keep their text, objects the order of their members.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// An integer.
  public init(_ value: Int) { self = .number(JSONNumber(value)) }

  /// The shortest decimal that reads back as `value`; null when it is infinite or not a number,
  /// which JSON cannot say.
  public init(_ value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }

  /// A string.
  public init(_ value: String) { self = .string(value) }

  /// A boolean.
  public init(_ value: Bool) { self = .bool(value) }

  /// An array of strings.
  public init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }

  /// What kind of value this is, as messages say it: `a string`.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

// Reports are written as literals: `["name": "x", "bits": 4.25, "rules": []]`.

extension JSONValue: ExpressibleByNilLiteral {
  public init(nilLiteral: ()) { self = .null }
}

extension JSONValue: ExpressibleByBooleanLiteral {
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

extension JSONValue: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Double) { self.init(value) }
}

extension JSONValue: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  /// An object; two equal keys in the literal trap.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
}
