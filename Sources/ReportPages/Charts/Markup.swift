/// The text as content or quoted attribute of HTML and SVG.
///
/// Scalars are replaced one by one: a combining mark behind a quote makes one `Character` with it,
/// which a replacement of characters would let through. What HTML does not allow becomes U+FFFD, and
/// so do bidirectional overrides, which would reorder the markup around them for a reader; the
/// languages that run from right to left need none.
func markup(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "&": result += "&amp;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default:
      switch scalar.value {
      case 0x09, 0x0A, 0x0D: result.unicodeScalars.append(" ")
      case 0x00...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF:
        result.unicodeScalars.append("\u{FFFD}")
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
  return result
}

/// The text with at most so many characters, the middle left out: names differ at both ends.
package func shortened(_ text: String, to count: Int) -> String {
  guard text.count > count else { return text }
  let tail = (count - 1) / 2
  return text.prefix(count - 1 - tail) + "…" + text.suffix(tail)
}
