public import FidelityReports
internal import ToolKit

extension Gate {
  /// The checks as JUnit XML, which CI systems show: a suite for each candidate, a case for each
  /// check, a failure for each check that does not hold.
  public var junit: String {
    var order: [String] = []
    var suites: [String: [GateCheck]] = [:]
    for check in checks {
      if suites[check.candidate] == nil { order.append(check.candidate) }
      suites[check.candidate, default: []].append(check)
    }
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      "<testsuites name=\"mmdit-report gate\" \(counts(checks))>",
    ]
    for name in order {
      let checks = suites[name] ?? []
      lines.append("  <testsuite name=\"\(xmlText(name))\" \(counts(checks))>")
      for check in checks { lines += check.junitCase }
      lines.append("  </testsuite>")
    }
    return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
  }

  private func counts(_ checks: [GateCheck]) -> String {
    let failures = checks.count { !$0.passes }
    return "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"0\" time=\"0\""
  }
}

extension GateCheck {
  fileprivate var junitCase: [String] {
    let start =
      "    <testcase classname=\"\(xmlText(candidate))\" name=\"\(xmlText(subject.key))\" time=\"0\""
    guard !passes else { return [start + "/>"] }
    let lines = findingLines(atMost: 100).map(xmlText)
    return [
      start + ">", "      <failure type=\"worse\" message=\"\(lines.first ?? "")\">",
    ] + lines + ["      </failure>", "    </testcase>"]
  }
}

/// A text on one line as XML takes it, in an element and in an attribute.
///
/// XML 1.0 has no way to say most control characters, so they are written as `printableLine` does;
/// the two others that it leaves out become U+FFFD.
func xmlText(_ text: String) -> String {
  var result = ""
  for scalar in printableLine(text).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&apos;"
    case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
