internal import Synchronization

/// Work stopped because someone asked for it.
public struct Cancelled: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "stopped before the work was done" }
}

/// What a long piece of work counts.
public enum WorkUnit: Sendable {
  case bytes
  case steps
  /// Tokens that have passed the network.
  case tokens
}

/// How long work tells where it stands and learns that it must stop.
///
/// A library takes a monitor, calls `begin` once for each stage and `advance` as it goes, tells what
/// a person would want to know by `notice`, and asks `checkCancellation` between pieces. What becomes of it (a bar, a line, nothing) is the tool's.
public struct WorkMonitor: Sendable {
  private let onBegin: @Sendable (_ stage: String, _ total: Int, _ unit: WorkUnit) -> Void
  private let onAdvance: @Sendable (_ amount: Int) -> Void
  private let onNotice: @Sendable (_ text: String) -> Void
  private let isCancelled: @Sendable () -> Bool

  public init(
    onBegin: @escaping @Sendable (_ stage: String, _ total: Int, _ unit: WorkUnit) -> Void,
    onAdvance: @escaping @Sendable (_ amount: Int) -> Void,
    onNotice: @escaping @Sendable (_ text: String) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.onBegin = onBegin
    self.onAdvance = onAdvance
    self.onNotice = onNotice
    self.isCancelled = isCancelled
  }

  /// A monitor that says nothing and never stops the work.
  public static let silent = WorkMonitor(
    onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { false })

  /// The same monitor for work inside a stage: it counts and stops, but begins no stage of its own.
  public var withinStage: WorkMonitor {
    WorkMonitor(
      onBegin: { _, _, _ in }, onAdvance: onAdvance, onNotice: onNotice, isCancelled: isCancelled)
  }

  /// A monitor for a part of a stage that counts `stepCount` steps of its own: together they count
  /// as `amount` of the stage.
  public func portion(of amount: Int, stepCount: Int) -> WorkMonitor {
    precondition(stepCount > 0, "a portion has steps")
    let counter = StepCounter()
    return WorkMonitor(
      onBegin: { _, _, _ in },
      onAdvance: { steps in
        let before = counter.advance(by: steps)
        onAdvance((before + steps) * amount / stepCount - before * amount / stepCount)
      },
      onNotice: onNotice, isCancelled: isCancelled)
  }

  /// Starts a stage of `total` units; the stage before it is over.
  public func begin(_ stage: String, total: Int, unit: WorkUnit) { onBegin(stage, total, unit) }

  /// Counts finished units. Called from any thread.
  public func advance(by amount: Int) { onAdvance(amount) }

  /// Tells a person something that is no failure. Called from any thread.
  public func notice(_ text: String) { onNotice(text) }

  /// Throws when the work should stop. Called from any thread.
  public func checkCancellation() throws(Cancelled) {
    if isCancelled() { throw Cancelled() }
  }
}

/// Steps counted so far, from any thread.
private final class StepCounter: Sendable {
  private let count = Atomic(0)

  /// Adds steps and gives the count before them.
  func advance(by steps: Int) -> Int { count.add(steps, ordering: .relaxed).oldValue }
}
