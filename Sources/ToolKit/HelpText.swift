/// One command line shown in `--help`, with what it does.
public struct HelpExample: Sendable {
  /// What the command does, without a full stop.
  public let meaning: String
  /// The command as it is typed.
  public let command: String

  /// An example that `helpText` prints as two lines.
  public init(_ meaning: String, _ command: String) {
    self.meaning = meaning
    self.command = command
  }
}

/// The `discussion:` of a command: what it is for, examples that work, and every exit code.
///
/// Lines are kept below 80 columns where the caller's text is, because argument-parser wraps longer
/// ones to the terminal.
public func helpText(purpose: String, examples: [HelpExample]) -> String {
  var parts = [purpose]
  if !examples.isEmpty {
    let lines = examples.flatMap { ["  # \($0.meaning)", "  $ \($0.command)"] }
    parts.append((["EXAMPLES:"] + lines).joined(separator: "\n"))
  }
  parts.append("EXIT CODES:\n" + exitCodeTable())
  return parts.joined(separator: "\n\n")
}

/// Every exit code with its meaning, one per line, the codes right-aligned.
public func exitCodeTable() -> String {
  ToolExit.allCases
    .map { "  " + padded("\($0.rawValue)", to: 3, .right) + "  " + $0.meaning }
    .joined(separator: "\n")
}
