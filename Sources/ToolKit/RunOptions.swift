public import ArgumentParser
internal import Logging
internal import Parallel

/// How much is told on standard error, in the order from most to least.
public enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}

/// The options that every tool has, for `@OptionGroup`.
public struct RunOptions: ParsableArguments {
  /// More threads than this gain nothing and cost memory on any machine we know.
  package static let mostThreads = 1024

  @Flag(help: "Say nothing on standard error but errors: no progress, no notices.")
  public var quiet = false

  @Option(help: "The least important messages to show.")
  public var logLevel = LogLevel.notice

  @Option(
    name: .customLong("threads"),
    help: ArgumentHelp(
      "Threads to work on; the result does not depend on it. (default: all processors)",
      valueName: "n"))
  var chosenThreads: Int?

  public init() {}

  /// The threads to work on.
  public var threadCount: Int { chosenThreads ?? availableThreadCount() }

  /// The least important messages that are shown, with `--quiet` taken into account.
  package var effectiveLogLevel: LogLevel {
    quiet && logLevel.level < .error ? .error : logLevel
  }

  /// Refuses a number of threads outside `1...1024`.
  public func validate() throws {
    guard let chosenThreads else { return }
    guard (1...Self.mostThreads).contains(chosenThreads) else {
      throw ValidationError(
        "--threads: expected a number from 1 to \(Self.mostThreads), found \(chosenThreads)")
    }
  }
}
