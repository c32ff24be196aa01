public import ArgumentParser
internal import Glibc
internal import Parallel

/// A command of the suite: its arguments, and the work as one function.
///
/// A conforming command has `@OptionGroup var runOptions: RunOptions` and writes `execute` instead
/// of `run`.
public protocol Tool: ParsableCommand {
  /// The options that every tool has.
  var runOptions: RunOptions { get }

  /// What is said when the work was stopped by a signal.
  var stopMessage: String { get }

  /// Does the work and says how it ended: `.done`, or `.finding` when the answer is no.
  ///
  /// Errors become a message on standard error and an exit code; argument-parser's own
  /// (`ValidationError`, `CleanExit`, `ExitCode`) pass through to it.
  func execute(_ context: ToolContext) throws -> ToolExit
}

extension Tool {
  /// True of every tool that writes its files beside the target and renames them at the end.
  public var stopMessage: String { "stopped; nothing was written" }

  public func run() throws {
    let exit = try runTool(
      named: Self._commandName, options: runOptions, stopMessage: stopMessage,
      environment: .ofProcess()
    ) { try execute($0) }
    if exit != .done { throw ExitCode(exit.rawValue) }
  }
}

/// Runs `body` with logging, progress and signals set up, tells its error, and gives the exit code.
///
/// Throws only what argument-parser itself reports.
package func runTool(
  named name: String, options: RunOptions, stopMessage: String, environment: ToolEnvironment,
  _ body: (ToolContext) throws -> ToolExit
) throws -> ToolExit {
  let isQuiet = options.quiet
  let display = ProgressDisplay(
    isQuiet ? .none : environment.terminalWidth.map { .bar(width: $0) } ?? .lines,
    now: environment.now, write: environment.writeError)
  let interruption = Interruption(
    now: environment.now,
    onFirst: {
      if !isQuiet { display.writeLine("notice: stopping; a second signal stops at once") }
    },
    onSecond: {
      // Not through the display: the thread that holds its lock may be the one that hangs.
      environment.writeError("\nstopped at once; a temporary file may be left behind\n")
      _exit(ToolExit.interrupted.rawValue)
    })
  let listener = environment.listensToSignals ? interruption.listen() : nil
  defer { withExtendedLifetime(listener) {} }
  let context = ToolContext(
    options: options, display: display, environment: environment,
    isCancelled: { interruption.isRequested })
  do {
    let exit = try body(context)
    display.finish()
    return exit
  } catch  where error is ValidationError || error is CleanExit || error is ExitCode {
    display.abandon()
    throw error
  } catch {
    display.abandon()
    let exit = ToolExit(error)
    let text =
      switch exit {
      case .interrupted: stopMessage
      case .internalError:
        """
        error: internal error: \(error)
        This is a bug in \(name) \(suiteVersion). Please report it with the command line.
        """
      default: "error: \(error)"
      }
    display.writeLine(printable(text))
    return exit
  }
}
