import ArgumentParser
import Failures
import Glibc
import Parallel
import Testing
import ToolKit

private struct SomeFailure: DiagnosedFailure {
  var kind: FailureKind
  var description: String { "a.safetensors: header: expected x, found y\nDo z." }
}

private struct Unforeseen: Error {}

private struct Sample: Tool {
  @OptionGroup var runOptions: RunOptions
  func execute(_ context: ToolContext) throws -> ToolExit { .done }
}

private func options(_ arguments: String...) throws -> RunOptions {
  try RunOptions.parse(arguments)
}

@Suite struct ToolTests {
  let recording = Recording()

  private func run(
    _ arguments: [String] = [], width: Int? = nil, _ body: (ToolContext) throws -> ToolExit
  ) throws -> ToolExit {
    try runTool(
      named: "mmdit-sample", options: RunOptions.parse(arguments),
      stopMessage: Sample().stopMessage, environment: recording.environment(terminalWidth: width),
      body)
  }

  @Test(arguments: [
    (FailureKind.usage, ToolExit.usage), (.badData, .badData), (.noSpace, .noSpace),
    (.inputOutput, .inputOutput),
  ])
  func aDiagnosedFailureIsToldAndItsKindIsTheCode(kind: FailureKind, exit: ToolExit) throws {
    let found = try run { _ in throw SomeFailure(kind: kind) }
    #expect(found == exit)
    #expect(recording.error == "error: a.safetensors: header: expected x, found y\nDo z.\n")
  }

  @Test func anUnforeseenErrorIsCalledABug() throws {
    #expect(try run { _ in throw Unforeseen() } == .internalError)
    #expect(
      recording.error == """
        error: internal error: Unforeseen()
        This is a bug in mmdit-sample \(suiteVersion). Please report it with the command line.

        """)
  }

  @Test func stoppedWorkSaysThatNothingWasWritten() throws {
    #expect(try run { _ in throw Cancelled() } == .interrupted)
    #expect(recording.error == "stopped; nothing was written\n")
  }

  @Test(arguments: [(EIO, ToolExit.inputOutput), (EDQUOT, .noSpace), (EFBIG, .noSpace)])
  func onlyWhatIsAboutSpaceIsCalledSo(number: Int32, exit: ToolExit) throws {
    recording.refuseOutput(number)
    let found = try run { context in
      try context.print("one")
      return .done
    }
    #expect(found == exit)
  }

  @Test(arguments: [([], "notice: half is there\n"), (["--quiet"], "")])
  func whatALibraryNoticesIsToldUnlessQuiet(arguments: [String], text: String) throws {
    _ = try run(arguments) { context in
      context.monitor.notice("half is there")
      return .done
    }
    #expect(recording.error == text)
  }

  @Test func resultsPassThrough() throws {
    #expect(try run { _ in .done } == .done)
    #expect(try run { _ in .finding } == .finding)
    #expect(recording.error == "")
  }

  @Test func errorsOfTheCommandLineAreLeftToTheParser() {
    #expect(throws: ValidationError.self) { try run { _ in throw ValidationError("x") } }
    #expect(throws: ExitCode.self) { try run { _ in throw ExitCode(3) } }
    #expect(throws: CleanExit.self) { try run { _ in throw CleanExit.message("x") } }
    #expect(recording.error == "")
  }

  @Test func anErrorTakesThePlaceOfTheBar() throws {
    _ = try run(width: 18) { context in
      context.monitor.begin("copy", total: 4, unit: .steps)
      throw SomeFailure(kind: .badData)
    }
    #expect(
      recording.error == "\rcopy    0%\r          \r"
        + "error: a.safetensors: header: expected x, found y\nDo z.\n")
  }

  @Test func anErrorCannotSteerTheTerminal() throws {
    struct Hostile: DiagnosedFailure {
      var kind: FailureKind { .badData }
      var description: String { "tensor \u{1B}[2J" }
    }
    _ = try run { _ in throw Hostile() }
    #expect(recording.error == "error: tensor \\u{1B}[2J\n")
  }

  @Test func resultsGoToStandardOutputAndProgressToStandardError() throws {
    _ = try run { context in
      context.monitor.begin("copy", total: 1, unit: .steps)
      context.monitor.advance(by: 1)
      try context.print("result")
      return .done
    }
    #expect(recording.output == "result\n")
    #expect(recording.error == "copy: 1 step\ncopy: 1 step in 0 ms\n")
  }

  @Test func aReaderThatLeftChangesNothingElse() throws {
    recording.refuseOutput(EPIPE)
    let exit = try run { context in
      try context.print("one")
      recording.refuseOutput(0)
      try context.print("two")
      return .finding
    }
    #expect(exit == .finding)
    #expect(recording.output == "")
    #expect(recording.error == "")
  }

  @Test func aFullDiskUnderStandardOutputIsAnError() throws {
    recording.refuseOutput(ENOSPC)
    let exit = try run { context in
      try context.print("one")
      return .done
    }
    #expect(exit == .noSpace)
    #expect(
      recording.error == """
        error: standard output: result: expected to be written, found "No space left on device"
        Make room, or send the result to another place.

        """)
  }

  @Test func messagesShowFromTheChosenLevelOn() throws {
    let every: (ToolContext) -> ToolExit = { context in
      for level in LogLevel.allCases { context.log(level, "\(level) \u{7}") }
      return .done
    }
    _ = try run([], every)
    #expect(
      recording.takeError() == """
        notice: notice \\u{7}
        warning: warning \\u{7}
        error: error \\u{7}
        critical: critical \\u{7}

        """)
    _ = try run(["--log-level", "critical"], every)
    #expect(recording.takeError() == "critical: critical \\u{7}\n")
    _ = try run(["--quiet"], every)
    #expect(recording.takeError() == "error: error \\u{7}\ncritical: critical \\u{7}\n")
    _ = try run(["--quiet", "--log-level", "critical"], every)
    #expect(recording.takeError() == "critical: critical \\u{7}\n")
  }

  @Test func quietWorkStillTellsItsError() throws {
    _ = try run(["--quiet"]) { context in
      context.monitor.begin("copy", total: 1, unit: .steps)
      throw SomeFailure(kind: .badData)
    }
    #expect(recording.error.hasPrefix("error: a.safetensors"))
  }

  @Test func aSignalStopsTheWorkWithItsOwnCode() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let silent = ToolEnvironment(
        writeError: { _ in }, writeOutput: { _ in 0 }, terminalWidth: nil,
        now: { .zero }, listensToSignals: true)
      let exit = try runTool(
        named: "mmdit-sample", options: RunOptions.parse([]), stopMessage: "stopped",
        environment: silent
      ) { context in
        kill(getpid(), SIGTERM)
        while true { try context.monitor.checkCancellation() }
      }
      _exit(exit.rawValue)
    }
  }

  @Test func aClosedPipeDoesNotEndTheProcess() async {
    await #expect(processExitsWith: .exitCode(1)) {
      var ends: [Int32] = [0, 0]
      _ = unsafe pipe(&ends)
      dup2(ends[1], STDOUT_FILENO)
      close(ends[0])
      let exit = try runTool(
        named: "mmdit-sample", options: RunOptions.parse([]), stopMessage: "stopped",
        environment: .ofProcess()
      ) { context in
        try context.print("nobody reads this")
        return .finding
      }
      _exit(exit.rawValue)
    }
  }
}

@Suite struct FileSizeLimitTests {
  /// Without that the system ends the process at the first byte beyond the limit.
  @Test func aLimitOfFileSizesIsAFailureAndNoSignal() async {
    await #expect(processExitsWith: .exitCode(0)) {
      _ = ToolEnvironment.ofProcess()
      var limit = rlimit(rlim_cur: 1024, rlim_max: 1024)
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
        let file = unsafe tmpfile()
      else { _exit(2) }
      let ended = unsafe ftruncate(fileno(file), 4096)
      _exit(ended == -1 && errno == EFBIG ? 0 : 3)
    }
  }
}

@Suite struct RunOptionsTests {
  @Test func theDefaultsAreNoticeAndAllProcessors() throws {
    let options = try options()
    #expect(!options.quiet)
    #expect(options.logLevel == .notice)
    #expect(options.threadCount == availableThreadCount())
  }

  @Test func aNumberOfThreadsIsTaken() throws {
    #expect(try options("--threads", "1").threadCount == 1)
    #expect(try options("--threads", "1024").threadCount == 1024)
  }

  @Test(arguments: ["0", "-1", "1025", "x", "99999999999999999999"])
  func anImpossibleNumberOfThreadsIsAUsageError(text: String) {
    do {
      _ = try options("--threads=\(text)")
      Issue.record("\(text) was accepted")
    } catch {
      #expect(Sample.exitCode(for: error).rawValue == ToolExit.usage.rawValue)
    }
  }

  @Test func anUnknownLevelIsAUsageErrorThatNamesTheLevels() {
    do {
      _ = try options("--log-level", "loud")
      Issue.record("the level was accepted")
    } catch {
      #expect(Sample.exitCode(for: error).rawValue == ToolExit.usage.rawValue)
      #expect(Sample.message(for: error).contains("notice"))
    }
  }
}

@Suite struct HelpTextTests {
  @Test func theExitCodesAreAligned() {
    #expect(
      exitCodeTable() == """
            0  done
            1  done, and the answer is no (verification failed)
           64  the command line is wrong
           65  a file's content is wrong or not supported
           70  internal error, a bug in the tool
           73  the disk has no room for the output
           74  a file cannot be read or written
          130  stopped by a signal
        """)
  }

  @Test func helpShowsPurposeExamplesAndExitCodes() {
    let text = helpText(
      purpose: "Shows what a checkpoint is.",
      examples: [HelpExample("A folder of shards", "mmdit-inspect model/")])
    #expect(
      text == """
        Shows what a checkpoint is.

        EXAMPLES:
          # A folder of shards
          $ mmdit-inspect model/

        EXIT CODES:

        """ + exitCodeTable())
    #expect(!helpText(purpose: "x", examples: []).contains("EXAMPLES"))
  }

  @Test func theParserPrintsItLineForLine() {
    struct Shown: ParsableCommand {
      static let configuration = CommandConfiguration(
        discussion: helpText(
          purpose: "Shows what a checkpoint is.",
          examples: [HelpExample("A folder of shards", "mmdit-inspect model/")]))
    }
    let help = Shown.helpMessage(columns: 80)
    for line in helpText(
      purpose: "Shows what a checkpoint is.",
      examples: [HelpExample("A folder of shards", "mmdit-inspect model/")]
    ).split(separator: "\n") {
      #expect(help.split(separator: "\n").contains(line))
    }
  }

  @Test func onlyNamedTerminalsThatAreNotDumbRedraw() {
    #expect(terminalRedraws(named: "xterm-256color"))
    #expect(!terminalRedraws(named: "dumb"))
    #expect(!terminalRedraws(named: ""))
    #expect(!terminalRedraws(named: nil))
  }
}
