/// A text of a PNG file under a keyword, as in "Software" or "parameters".
public struct PNGText: Hashable, Sendable {
  /// 1 to 79 printable Latin-1 characters, without leading, trailing or double spaces.
  public var keyword: String
  public var text: String

  public init(keyword: String, text: String) {
    self.keyword = keyword
    self.text = text
  }

  /// The chunk of this text: `tEXt` when Latin-1 can hold it, else `iTXt`, uncompressed and without a
  /// language (PNG specification, 11.3.3).
  func chunk() throws(ImageFailure) -> (type: String, data: [UInt8]) {
    guard let key = Self.latin1(keyword), (1...79).contains(key.count), key.first != 0x20,
      key.last != 0x20, !zip(key, key.dropFirst()).contains(where: { $0 == 0x20 && $1 == 0x20 })
    else { throw .invalidKeyword(keyword) }
    let utf8 = Array(text.utf8)
    guard !utf8.contains(0), utf8.count < 1 << 31 - 128 else {
      throw .invalidText(keyword: keyword)
    }
    // A newline is the one control character that tEXt has.
    if let lines = Self.latin1(text, newline: true) { return ("tEXt", key + [0] + lines) }
    // No compression, method 0, no language, no translated keyword.
    return ("iTXt", key + [0, 0, 0, 0, 0] + utf8)
  }

  /// The printable Latin-1 characters of a string, nil when it has others.
  private static func latin1(_ string: String, newline: Bool = false) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in string.unicodeScalars {
      switch scalar.value {
      case 0x20...0x7E, 0xA1...0xFF: bytes.append(UInt8(scalar.value))
      case 0x0A where newline, 0xA0 where newline: bytes.append(UInt8(scalar.value))
      default: return nil
      }
    }
    return bytes
  }
}
