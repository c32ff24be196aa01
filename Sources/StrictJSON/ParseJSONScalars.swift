extension JSONParser {
  /// A number: optional minus, integer without leading zeros, optional fraction and exponent.
  @_lifetime(self: copy self)
  internal mutating func number() throws(JSONFailure) -> JSONNumber {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let isZero = next == UInt8(ascii: "0")
    let integerOffset = offset
    let digitCount = try digits()
    guard !isZero || digitCount == 1 else {
      throw .leadingZero(document: limits.document, offset: integerOffset)
    }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return JSONNumber(checked: text(start..<position))
  }

  /// One digit or more; returns how many.
  @discardableResult
  @_lifetime(self: copy self)
  private mutating func digits() throws(JSONFailure) -> Int {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    guard position > start else { throw unexpected("a digit") }
    return position - start
  }

  /// A string in quotation marks, escapes resolved.
  @_lifetime(self: copy self)
  internal mutating func string() throws(JSONFailure) -> String {
    position += 1
    var result = ""
    var start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        result += text(start..<position)
        position += 1
        return result
      case UInt8(ascii: "\\"):
        result += text(start..<position)
        result.unicodeScalars.append(try escape())
        start = position
      case 0..<0x20:
        throw .controlCharacter(document: limits.document, offset: offset, byte: byte)
      default:
        position += 1
      }
    }
    throw unexpected("the end of the string")
  }

  /// A backslash and what follows it.
  @_lifetime(self: copy self)
  private mutating func escape() throws(JSONFailure) -> Unicode.Scalar {
    let escapeOffset = offset
    position += 1
    let scalar: Unicode.Scalar
    switch next {
    case UInt8(ascii: "\""): scalar = "\""
    case UInt8(ascii: "\\"): scalar = "\\"
    case UInt8(ascii: "/"): scalar = "/"
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "u"):
      position += 1
      return try codePoint(escapeOffset: escapeOffset)
    default: throw unexpected("one of `\"\\/bfnrtu` after the backslash")
    }
    position += 1
    return scalar
  }

  /// The four digits of a `\u` escape, and a second escape when the first is half of a pair.
  @_lifetime(self: copy self)
  private mutating func codePoint(escapeOffset: Int) throws(JSONFailure) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = JSONFailure.loneSurrogate(
      document: limits.document, offset: escapeOffset, codeUnit: first)
    guard UTF16.isLeadSurrogate(first), next == UInt8(ascii: "\\") else { throw lone }
    position += 1
    guard next == UInt8(ascii: "u") else { throw lone }
    position += 1
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(second),
      let scalar = Unicode.Scalar(
        0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00))
    else { throw lone }
    return scalar
  }

  @_lifetime(self: copy self)
  private mutating func codeUnit() throws(JSONFailure) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  /// The bytes of a range that the encoding check has seen, between two ASCII bytes.
  private func text(_ range: Range<Int>) -> String {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { buffer in
      unsafe String(decoding: buffer, as: UTF8.self)
    }
  }
}
