public import Parallel
internal import Synchronization

/// A monitor that stops the work at its nth question and remembers what it was told.
public final class RecordingMonitor: Sendable {
  private let questionsLeft: Atomic<Int>
  private let texts = Mutex<[String]>([])

  /// Never stops the work without a number.
  public init(stoppingAfter questionCount: Int = .max) { questionsLeft = Atomic(questionCount) }

  /// What was noticed so far.
  public var notices: [String] { texts.withLock { $0 } }

  public var monitor: WorkMonitor {
    WorkMonitor(
      onBegin: { _, _, _ in }, onAdvance: { _ in },
      onNotice: { text in self.texts.withLock { $0.append(text) } },
      isCancelled: { self.questionsLeft.subtract(1, ordering: .relaxed).newValue < 0 })
  }
}
