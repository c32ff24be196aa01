public import Failures
public import Parallel
internal import Synchronization

/// How one job deals with what an earlier run of it left, and what that saved.
///
/// Shared by all files of the job. Every job keeps journals, so that one that was killed can be gone
/// on with whether or not that was asked for when it began.
public final class Resumption: Sendable {
  /// What makes two runs the same job.
  public let fingerprint: JobFingerprint
  /// Whether to go on from what is there, and to leave what is finished when the work fails.
  public let isWanted: Bool
  /// Whether the job's files are made in an `AtomicFolder`, which keeps their journals to its end:
  /// a finished file is checked again, too, when the folder is gone on with.
  public let isInFolder: Bool
  private let monitor: WorkMonitor
  private let counts = Mutex(Counts())

  private struct Counts {
    var takenOverByteCount = 0
    var damagedPieceCount = 0
  }

  public init(
    of fingerprint: JobFingerprint, isWanted: Bool, isInFolder: Bool = false,
    monitor: WorkMonitor = .silent
  ) {
    self.fingerprint = fingerprint
    self.isWanted = isWanted
    self.isInFolder = isInFolder
    self.monitor = monitor
  }

  /// For a job in a folder that begins anew every time.
  public static func anew(_ job: String) -> Resumption {
    Resumption(of: JobFingerprint(job: job), isWanted: false, isInFolder: true)
  }

  /// The bytes of the output that an earlier run wrote and that have been found as it left them.
  public var takenOverByteCount: Int { counts.withLock { $0.takenOverByteCount } }

  /// The pieces that an earlier run finished and that were not as it left them.
  public var damagedPieceCount: Int { counts.withLock { $0.damagedPieceCount } }

  func countTakenOver(_ byteCount: Int) { counts.withLock { $0.takenOverByteCount += byteCount } }

  func countDamaged() { counts.withLock { $0.damagedPieceCount += 1 } }

  func noticeAnotherJob(_ path: String) {
    monitor.notice(
      "\(path): what is there is of another job: other sources, options or version; it starts anew")
  }

  /// Does the work of the job; a failure that leaves something to go on from says so.
  public func run<Result>(output path: String, _ work: () throws -> Result) throws -> Result {
    do {
      let result = try work()
      if isWanted { noticeWhatWasSaved(path) }
      return result
    } catch let failure as any DiagnosedFailure {
      let partialPath = AtomicFile.partialPath(of: path)
      guard isWanted, FileSystem.kind(of: partialPath) != nil else { throw failure }
      throw UnfinishedOutput(reason: failure, partialPath: partialPath)
    }
  }

  private func noticeWhatWasSaved(_ path: String) {
    let (saved, damaged) = counts.withLock { ($0.takenOverByteCount, $0.damagedPieceCount) }
    let redone = damaged == 0 ? "" : "; \(damaged) damaged pieces were made again"
    monitor.notice(
      saved == 0 && damaged == 0
        ? "\(path): there was nothing of an earlier run to go on with"
        : "\(path): \(saved) bytes were taken over from an earlier run\(redone)")
  }
}

/// A failure that leaves a partial output which `--resume` goes on with.
public struct UnfinishedOutput: DiagnosedFailure {
  public let reason: any DiagnosedFailure
  public let partialPath: String

  public var kind: FailureKind { reason.kind }

  public var description: String {
    """
    \(reason)
    What is finished stays in \(partialPath); the same command with --resume goes on from there.
    """
  }
}
