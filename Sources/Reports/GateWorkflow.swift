public import FidelityReports
internal import ToolKit

extension Gate {
  /// The checks that fail as commands of GitHub Actions, a line for each, which its pages show beside
  /// the run; nothing when all hold.
  public var workflowCommands: [String] {
    checks.filter { !$0.passes }.map { check in
      let lines = check.findingLines(atMost: 5).map { printableLine($0) }
      return "::error title=\(workflowProperty("\(check.candidate): \(check.title)"))::"
        + workflowData(lines.joined(separator: "\n"))
    }
  }
}

// What the runner's commands escape: https://github.com/actions/toolkit, packages/core.

/// The message of a command.
private func workflowData(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "%": result += "%25"
    case "\r": result += "%0D"
    case "\n": result += "%0A"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A property of a command, which ends at a comma or a colon.
private func workflowProperty(_ text: String) -> String {
  var result = ""
  for scalar in workflowData(printableLine(text)).unicodeScalars {
    switch scalar {
    case ":": result += "%3A"
    case ",": result += "%2C"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
