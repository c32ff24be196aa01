internal import Glibc

/// What a tool touches outside its arguments: the two streams, the clock, the signals.
package struct ToolEnvironment: Sendable {
  /// Writes text to standard error; a failure there has nobody left to tell.
  package var writeError: @Sendable (String) -> Void
  /// Writes text to standard output: zero, or the error number.
  package var writeOutput: @Sendable (String) -> Int32
  /// The width of standard error where it is a terminal that redraws, asked at each redraw.
  package var terminalWidth: (@Sendable () -> Int)?
  /// Time since any moment, never going back.
  package var now: @Sendable () -> Duration
  /// Whether SIGINT and SIGTERM ask the work to stop.
  package var listensToSignals: Bool

  package init(
    writeError: @escaping @Sendable (String) -> Void,
    writeOutput: @escaping @Sendable (String) -> Int32,
    terminalWidth: (@Sendable () -> Int)?, now: @escaping @Sendable () -> Duration,
    listensToSignals: Bool
  ) {
    self.writeError = writeError
    self.writeOutput = writeOutput
    self.terminalWidth = terminalWidth
    self.now = now
    self.listensToSignals = listensToSignals
  }

  /// Those of this process. SIGPIPE and SIGXFSZ are ignored from here on: a reader that leaves, and
  /// a limit of file sizes, are then error numbers of the write, not the end of the process. Memory that
  /// is freed is kept, up to a limit.
  package static func ofProcess() -> ToolEnvironment {
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
    keepFreedMemory()
    let start = ContinuousClock.now
    return ToolEnvironment(
      writeError: { _ = writeAll($0, to: STDERR_FILENO) },
      writeOutput: { writeAll($0, to: STDOUT_FILENO) },
      terminalWidth: standardErrorRedraws() ? standardErrorWidth : nil,
      now: { ContinuousClock.now - start },
      listensToSignals: true)
  }
}
