/// The text with every control character but the line feed written as `\u{1B}`.
///
/// Names inside a file are chosen by whoever made the file; printed as they are, an escape sequence
/// in one could rewrite what the terminal shows. The bidirectional controls, which reorder what is
/// read, are written out for the same reason.
public func printable(_ text: String) -> String {
  escaped(text) { $0 == "\n" }
}

/// The text on one line: as `printable`, and line feeds are written out too.
public func printableLine(_ text: String) -> String {
  escaped(text) { _ in false }
}

private func escaped(_ text: String, except kept: (Unicode.Scalar) -> Bool) -> String {
  guard text.unicodeScalars.contains(where: { reordersOrControls($0) && !kept($0) }) else {
    return text
  }
  var result = ""
  for scalar in text.unicodeScalars {
    if reordersOrControls(scalar) && !kept(scalar) {
      result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// C0, DEL and C1 controls, line and paragraph separators, bidirectional marks and overrides.
private func reordersOrControls(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x00...0x1F, 0x7F...0x9F: true
  case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
  default: false
  }
}
