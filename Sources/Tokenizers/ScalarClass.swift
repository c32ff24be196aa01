/// What the expressions that split text ask of a character: of which general category it is.
///
/// Categories are those of Unicode 16, which the regular expressions of the `tokenizers` package have
/// (Oniguruma, in version 0.23.3 of the package), whatever version Swift has: characters that came
/// later count as unassigned. Swift 6.3 has Unicode 17, which has 4803 characters more and differs in
/// one other place. `TokenizersTests` compares all 1112064 scalars.
package struct ScalarClass: OptionSet, Sendable {
  package let rawValue: UInt8

  /// Lu and Lt.
  package static let upper = ScalarClass(rawValue: 1)
  /// Ll.
  package static let lower = ScalarClass(rawValue: 2)
  /// Lm and Lo.
  package static let caseless = ScalarClass(rawValue: 4)
  /// Mn, Mc and Me.
  package static let mark = ScalarClass(rawValue: 8)
  /// Nd, Nl and No.
  package static let number = ScalarClass(rawValue: 16)
  /// White_Space.
  package static let space = ScalarClass(rawValue: 32)
  /// U+000A and U+000D, which are spaces, too.
  package static let newline = ScalarClass(rawValue: 64)

  package static let letter: ScalarClass = [.upper, .lower, .caseless]

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\n", "\r": self = [.space, .newline]
    case " ": self = .space
    case "a"..."z": self = .lower
    case "A"..."Z": self = .upper
    default: self = Self.general(scalar)
    }
  }

  private static func general(_ scalar: Unicode.Scalar) -> ScalarClass {
    let properties = scalar.properties
    if properties.isWhitespace { return .space }
    guard Self.isAssigned(properties) else { return [] }
    // ʕ was a small letter until Unicode 17.
    if scalar == "\u{295}" { return .lower }
    return switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: .upper
    case .lowercaseLetter: .lower
    case .modifierLetter, .otherLetter: .caseless
    case .nonspacingMark, .spacingMark, .enclosingMark: .mark
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: []
    }
  }

  /// Whether a character is of a word: `\w` of Unicode Technical Standard 18, annex C, as Rust's
  /// regular expressions have it with Unicode 16.
  package static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    guard isAssigned(properties) else { return false }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: false
    }
  }

  private static func isAssigned(_ properties: Unicode.Scalar.Properties) -> Bool {
    properties.age.map { $0.major <= 16 } ?? false
  }
}
