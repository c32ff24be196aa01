internal import Failures
internal import Parallel

/// How a tool ends: every exit code of the suite, in one place.
///
/// The numbers of 64 and above are those of `sysexits.h`; 130 is what shells report for a program
/// that Ctrl-C ended.
public enum ToolExit: Int32, CaseIterable, Sendable {
  /// The work was done and there is nothing to object to.
  case done = 0
  /// The work was done and its answer is no, such as a candidate that verification refuses.
  case finding = 1
  /// The command line cannot be carried out as written.
  case usage = 64
  /// A file's content is wrong or not supported.
  case badData = 65
  /// The tool failed in a way its authors did not foresee.
  case internalError = 70
  /// The disk has no room for an output.
  case noSpace = 73
  /// The operating system refused: no such file, no permission.
  case inputOutput = 74
  /// Stopped by SIGINT or SIGTERM.
  case interrupted = 130

  /// What the code says, in the words of `--help`.
  public var meaning: String {
    switch self {
    case .done: "done"
    case .finding: "done, and the answer is no (verification failed)"
    case .usage: "the command line is wrong"
    case .badData: "a file's content is wrong or not supported"
    case .internalError: "internal error, a bug in the tool"
    case .noSpace: "the disk has no room for the output"
    case .inputOutput: "a file cannot be read or written"
    case .interrupted: "stopped by a signal"
    }
  }

  /// The code that an error thrown by a library ends the tool with.
  ///
  /// An error that is neither `Cancelled` nor a `DiagnosedFailure` should not have come this far,
  /// so it counts as internal.
  public init(_ error: any Error) {
    switch error {
    case is Cancelled: self = .interrupted
    case let failure as any DiagnosedFailure: self.init(failure.kind)
    default: self = .internalError
    }
  }

  private init(_ kind: FailureKind) {
    switch kind {
    case .usage: self = .usage
    case .badData: self = .badData
    case .noSpace: self = .noSpace
    case .inputOutput: self = .inputOutput
    }
  }
}
