public import Failures

/// Why a text is no JSON document, or not the one that was expected.
///
/// `document` is the name that messages begin with, usually a path. Offsets count bytes from the
/// start of the document, or of the file that it is a part of.
public enum JSONFailure: DiagnosedFailure, Equatable {
  /// The grammar wants something else at this byte; `found` is nil at the end of the text.
  case unexpected(document: String, offset: Int, expected: String, found: UInt8?)
  /// The text goes on after the document.
  case trailingBytes(document: String, offset: Int, byteCount: Int)
  /// An object has the same key twice; readers disagree which one counts.
  case duplicateKey(document: String, offset: Int, key: String)
  /// Arrays and objects are nested deeper than the limit.
  case tooDeep(document: String, offset: Int, limit: Int)
  /// The text is not UTF-8.
  case invalidUTF8(document: String, offset: Int)
  /// A `\u` escape is half of a surrogate pair without the other half.
  case loneSurrogate(document: String, offset: Int, codeUnit: UInt16)
  /// A character below U+0020 stands in a string without an escape.
  case controlCharacter(document: String, offset: Int, byte: UInt8)
  /// A number starts with a zero that is followed by more digits.
  case leadingZero(document: String, offset: Int)
  /// A value is not what the reader of the document needs.
  case mismatch(document: String, path: String, expected: String, found: String)
  /// An object lacks a member.
  case missingKey(document: String, path: String, key: String, found: [String])
  /// An object has a member that its reader does not know.
  case unknownKey(document: String, path: String, key: String, known: [String])

  public var kind: FailureKind { .badData }

  public var description: String {
    switch self {
    case .unexpected(let document, let offset, let expected, let found):
      let found = found.map(Self.name(of:)) ?? "the end of the text"
      return syntax(document, offset, "expected \(expected), found \(found)")
    case .trailingBytes(let document, let offset, let byteCount):
      return syntax(
        document, offset, "expected the end of the document, found \(byteCount) more bytes")
    case .duplicateKey(let document, let offset, let key):
      return syntax(
        document, offset, "expected each key once, found \(key.quotedForMessage) again")
    case .tooDeep(let document, let offset, let limit):
      return syntax(
        document, offset,
        "expected at most \(limit) arrays and objects inside each other, found more")
    case .invalidUTF8(let document, let offset):
      return syntax(document, offset, "expected UTF-8, found bytes that are not")
    case .loneSurrogate(let document, let offset, let codeUnit):
      return syntax(
        document, offset,
        "expected a surrogate pair, found \\u\(hexadecimal(UInt(codeUnit), digits: 4)) alone")
    case .controlCharacter(let document, let offset, let byte):
      return syntax(
        document, offset, "expected control characters escaped, found \(Self.name(of: byte))")
    case .leadingZero(let document, let offset):
      return syntax(document, offset, "expected a number, found one with a leading zero")
    case .mismatch(let document, let path, let expected, let found):
      return "\(document): \(subject(path))expected \(expected), found \(found)"
    case .missingKey(let document, let path, let key, let found):
      return """
        \(document): \(subject(path))expected the key \(key.quotedForMessage), \
        found \(Self.list(found))
        """
    case .unknownKey(let document, let path, let key, let known):
      return """
        \(document): \(subject(path))unknown key \(key.quotedForMessage)
        Known here: \(Self.list(known)).
        """
    }
  }

  private func syntax(_ document: String, _ offset: Int, _ sentence: String) -> String {
    """
    \(document): byte \(offset): \(sentence)
    The text is not strict JSON (RFC 8259); correct it there, or make the file again.
    """
  }

  private func subject(_ path: String) -> String { path.isEmpty ? "" : path + ": " }

  private static func name(of byte: UInt8) -> String {
    byte > 0x20 && byte < 0x7F
      ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(hexadecimal(UInt(byte), digits: 2))"
  }

  private static func list(_ keys: [String]) -> String {
    guard !keys.isEmpty else { return "no keys" }
    let shown = keys.prefix(12).map(\.quotedForMessage).joined(separator: ", ")
    return keys.count > 12 ? "\(shown) and \(keys.count - 12) more" : shown
  }
}

extension String {
  /// The text as a JSON string, cut after 120 characters: what a hostile file calls its parts must
  /// not steer a terminal or flood a log.
  public var quotedForMessage: String {
    let scalars = unicodeScalars.prefix(121)
    var text = String(String.UnicodeScalarView(scalars.prefix(120)))
    if scalars.count > 120 { text += "…" }
    let escaped = JSONValue.string(text).compact().unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        "\\u{\(hexadecimal(UInt(scalar.value), digits: 4))}"
      default: String(scalar)
      }
    }
    return escaped.joined()
  }
}

/// `value` in hexadecimal, at least `digits` digits.
internal func hexadecimal(_ value: UInt, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
