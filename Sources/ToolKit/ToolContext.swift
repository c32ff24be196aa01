internal import Glibc
internal import Logging
public import Parallel
internal import Synchronization

/// What a tool works with while it runs.
public final class ToolContext: Sendable {
  /// Told of progress, and asked whether to stop; handed to the libraries.
  public let monitor: WorkMonitor
  /// The threads to work on.
  public let threadCount: Int

  private let display: ProgressDisplay
  private let logger: Logger
  private let writeOutput: @Sendable (String) -> Int32
  private let readerLeft = Atomic(false)

  init(
    options: RunOptions, display: ProgressDisplay, environment: ToolEnvironment,
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.display = display
    self.threadCount = options.threadCount
    self.writeOutput = environment.writeOutput
    let level = options.effectiveLogLevel.level
    let logger = Logger(label: "") { _ in
      PlainLog(logLevel: level) { display.writeLine($0) }
    }
    self.logger = logger
    self.monitor = display.monitor(
      onNotice: { text in logger.notice("\(text)") }, isCancelled: isCancelled)
  }

  /// Prints the text as it is to standard output, which carries results and nothing else.
  ///
  /// When the reader has left (`| head`) the text is dropped and the work goes on: what it writes to
  /// files and the exit code do not depend on who reads. Any other refusal is an input/output
  /// failure.
  public func write(_ text: String) throws {
    guard !readerLeft.load(ordering: .relaxed) else { return }
    display.clear()
    switch writeOutput(text) {
    case 0: break
    case EPIPE: readerLeft.store(true, ordering: .relaxed)
    case let number: throw ToolFailure.standardOutput(errorNumber: number)
    }
  }

  /// Prints a line to standard output, as `write` does.
  public func print(_ line: String) throws {
    try write(line + "\n")
  }

  /// Tells a person something on standard error, when `--log-level` lets it through.
  public func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
    logger.log(level: level.level, "\(message())")
  }
}
