import Synchronization
import ToolKit

/// A clock that a test sets, and streams that a test reads.
final class Recording: Sendable {
  private let time = Mutex(Duration.zero)
  private let errorText = Mutex("")
  private let outputText = Mutex("")
  private let outputError = Mutex<Int32>(0)

  var error: String { errorText.withLock { $0 } }
  var output: String { outputText.withLock { $0 } }

  func advance(_ duration: Duration) { time.withLock { $0 += duration } }
  func now() -> Duration { time.withLock { $0 } }
  func appendError(_ text: String) { errorText.withLock { $0 += text } }

  /// From now on standard output refuses with that error number.
  func refuseOutput(_ number: Int32) { outputError.withLock { $0 = number } }

  /// What was written to standard error since the last call.
  func takeError() -> String {
    errorText.withLock { text in
      let taken = text
      text = ""
      return taken
    }
  }

  func display(_ style: ProgressDisplay.Style) -> ProgressDisplay {
    ProgressDisplay(style, now: now, write: appendError)
  }

  /// An environment of these streams and this clock; a terminal when it has a width.
  func environment(terminalWidth: Int? = nil) -> ToolEnvironment {
    let width: (@Sendable () -> Int)? =
      if let terminalWidth { { terminalWidth } } else { nil }
    return ToolEnvironment(
      writeError: appendError, writeOutput: appendOutput, terminalWidth: width, now: now,
      listensToSignals: false)
  }

  private func appendOutput(_ text: String) -> Int32 {
    let refusal = outputError.withLock { $0 }
    if refusal == 0 { outputText.withLock { $0 += text } }
    return refusal
  }
}
