/// Bytes as base64 (RFC 4648, section 4) with padding.
package func base64(_ bytes: [UInt8]) -> String {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(base64Length(bytes.count))
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let count = min(3, bytes.count - start)
    var group = 0
    for place in 0..<3 {
      group = group << 8 | (place < count ? Int(bytes[start + place]) : 0)
    }
    for place in 0..<4 {
      text.append(
        place <= count ? digits[group >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}

/// The characters that so many bytes become.
package func base64Length(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }
