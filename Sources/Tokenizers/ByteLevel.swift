/// How byte-level vocabularies spell bytes: each as one character that is visible.
///
/// Bytes that are visible characters of Latin-1 (33–126, 161–172, 174–255) are these; the other 68 are,
/// in order, the characters from U+0100 on. A space is `Ġ`. This is the table of GPT-2.
enum ByteLevel {
  /// The UTF-8 bytes of a byte's character: one or two.
  static func spelling(of byte: UInt8) -> [UInt8] { spellings[Int(byte)] }

  /// The UTF-8 bytes of the spelling of some bytes.
  static func spelling(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(2 * bytes.count)
    for byte in bytes { result += spellings[Int(byte)] }
    return result
  }

  /// Whether UTF-8 can have the byte: 192, 193 and those from 245 on it has nowhere.
  static func occursInText(_ byte: UInt8) -> Bool {
    byte < 192 || (194...244).contains(byte)
  }

  private static let spellings: [[UInt8]] = {
    var hidden: UInt32 = 0x100
    return (UInt8(0)...255).map { byte in
      var scalar = Unicode.Scalar(byte)
      switch byte {
      case 33...126, 161...172, 174...255: break
      default:
        // Up to U+0143: no surrogate, so there is a scalar.
        scalar = Unicode.Scalar(hidden) ?? scalar
        hidden += 1
      }
      return Array(String(scalar).utf8)
    }
  }()
}
