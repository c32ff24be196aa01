/// A JSON number as its text, so that nothing is rounded before the reader has said what it wants.
///
/// Two numbers are equal when their texts are: `1`, `1.0` and `1e0` differ.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
  /// The number as it stands in the document.
  public let literal: String

  /// An integer.
  public init(_ value: Int) { literal = String(value) }

  /// The shortest decimal that reads back as `value`; nil when it is infinite or not a number.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    // The standard library prints the shortest digits that round-trip, always in JSON's grammar.
    literal = value.description
  }

  /// A number as text; nil when it is not exactly one JSON number.
  public init?(literal: String) {
    let bytes = Array(literal.utf8)
    var parser = JSONParser(bytes: bytes.span, limits: .init(document: ""))
    guard let number = try? parser.number(), parser.isAtEnd else { return nil }
    self = number
  }

  /// A text that the parser has checked.
  internal init(checked literal: String) { self.literal = literal }

  /// The value when the text is an integer, without fraction or exponent, that fits an `Int`.
  ///
  /// `-0` is not: it is the negative zero of floating point, which no integer is.
  public var integer: Int? { literal == "-0" ? nil : Int(literal) }

  /// The nearest `Double`; infinite when the number is beyond its range.
  public var double: Double {
    // Every JSON number is in the grammar of `Double(_:)`, which rounds to nearest.
    Double(literal) ?? .nan
  }

  public var description: String { literal }
}
