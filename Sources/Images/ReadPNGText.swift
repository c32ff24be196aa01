/// Reads the text chunks of a PNG file: `tEXt`, `zTXt` and `iTXt` (PNG specification, 11.3.3).
///
/// Compressed texts of one file take at most `largestByteCount` bytes together. Keywords are taken as
/// they are, when they have 1 to 79 bytes: readers are more tolerant than writers.
struct PNGTextReader {
  static let largestByteCount = 16 << 20

  let path: String
  private(set) var texts: [PNGText] = []
  private var byteCountLeft = largestByteCount

  init(path: String) { self.path = path }

  /// Takes a text chunk; others are not texts.
  mutating func take(_ type: String, _ data: ArraySlice<UInt8>) throws(ImageFailure) {
    guard ["tEXt", "zTXt", "iTXt"].contains(type) else { return }
    var rest = data
    let keyword = try Self.string(before: &rest, subject: "keyword of \(type)", path: path)
    guard (1...79).contains(keyword.count) else {
      throw refuse("keyword of \(type)", "1 to 79 bytes", "\(keyword.count)")
    }
    let key = Self.latin1(keyword)
    switch type {
    case "tEXt": texts.append(PNGText(keyword: key, text: Self.latin1(rest)))
    case "zTXt":
      guard rest.popFirst() == 0 else { throw refuse("zTXt \"\(key)\"", "method 0", "another") }
      texts.append(PNGText(keyword: key, text: Self.latin1(try inflate(rest, key)[...])))
    default:
      guard let isCompressed = rest.popFirst(), isCompressed <= 1, rest.popFirst() == 0 else {
        throw refuse("iTXt \"\(key)\"", "flag 0 or 1 and method 0", "others")
      }
      _ = try Self.string(before: &rest, subject: "language of iTXt \"\(key)\"", path: path)
      _ = try Self.string(before: &rest, subject: "translation of iTXt \"\(key)\"", path: path)
      let content = isCompressed == 1 ? try inflate(rest, key) : Array(rest)
      guard let text = String(validating: content, as: UTF8.self) else {
        throw refuse("iTXt \"\(key)\"", "UTF-8", "other bytes")
      }
      texts.append(PNGText(keyword: key, text: text))
    }
  }

  private mutating func inflate(
    _ bytes: ArraySlice<UInt8>, _ keyword: String
  ) throws(ImageFailure) -> [UInt8] {
    do {
      let content = try Inflater.all(Array(bytes), limit: byteCountLeft)
      byteCountLeft -= content.count
      return content
    } catch {
      switch error {
      case .damaged: throw refuse("text \"\(keyword)\"", "a zlib stream", "a damaged one")
      case .tooLong:
        throw refuse(
          "texts", "at most \(Self.largestByteCount) bytes decompressed", "more")
      }
    }
  }

  private func refuse(_ subject: String, _ expected: String, _ found: String) -> ImageFailure {
    .malformed(path: path, subject: subject, expected: expected, found: found)
  }

  /// Takes the bytes before the next zero, and the zero.
  private static func string(
    before rest: inout ArraySlice<UInt8>, subject: String, path: String
  ) throws(ImageFailure) -> ArraySlice<UInt8> {
    guard let end = rest.firstIndex(of: 0) else {
      throw .malformed(
        path: path, subject: subject, expected: "a zero byte behind it", found: "none")
    }
    defer { rest = rest[(end + 1)...] }
    return rest[..<end]
  }

  /// The string whose scalars are the bytes.
  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
    return String(scalars)
  }
}
