public import Parallel
internal import Synchronization

/// Shows where long work stands, on standard error.
///
/// One line redrawn in place on a terminal, plain lines elsewhere, nothing when quiet. Everything
/// else that is printed during the work goes through `writeLine` or `clear`, so that it never ends
/// up in the middle of the bar. Safe to call from any thread.
public final class ProgressDisplay: Sendable {
  /// How progress is shown.
  package enum Style: Sendable {
    /// One line, redrawn at most ten times a second, as wide as `width()` says at that time.
    case bar(width: @Sendable () -> Int)
    /// A line when a stage begins, one every five seconds at most, one when it ends.
    case lines
    /// Nothing.
    case none
  }

  private struct Stage {
    var snapshot: ProgressSnapshot
    var began: Duration
    var rate = SmoothedRate()
    var sampledAt: Duration
    var sampledDone = 0
    var shownAt: Duration
  }

  private struct State {
    var stage: Stage?
    /// Characters of the bar now on the terminal's line.
    var shownCount = 0
  }

  private static let redrawInterval = Duration.milliseconds(100)
  private static let lineInterval = Duration.seconds(5)

  private let style: Style
  private let now: @Sendable () -> Duration
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// A display that writes whole pieces of text through `write` and reads time through `now`, which
  /// counts from any moment and never goes back.
  package init(
    _ style: Style, now: @escaping @Sendable () -> Duration,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.now = now
    self.write = write
  }

  /// The monitor that feeds this display.
  public func monitor(
    onNotice: @escaping @Sendable (String) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool
  ) -> WorkMonitor {
    WorkMonitor(
      onBegin: { self.begin($0, total: $1, unit: $2) }, onAdvance: { self.advance(by: $0) },
      onNotice: onNotice, isCancelled: isCancelled)
  }

  /// Starts a stage; the one before it ends.
  package func begin(_ name: String, total: Int, unit: WorkUnit) {
    if case .none = style { return }
    let time = now()
    state.withLock { state in
      end(&state, at: time)
      let snapshot = ProgressSnapshot(
        stage: name, unit: unit, done: 0, total: total, elapsed: .zero)
      state.stage = Stage(snapshot: snapshot, began: time, sampledAt: time, shownAt: time)
      if case .lines = style { write(snapshot.startLine + "\n") }
      redraw(&state)
    }
  }

  /// Counts finished units.
  package func advance(by amount: Int) {
    if case .none = style { return }
    state.withLock { state in
      guard var stage = state.stage else { return }
      // Read inside the lock: times then never go back from one call to the next.
      let time = now()
      let sum = stage.snapshot.done.addingReportingOverflow(amount)
      stage.snapshot.done = sum.overflow ? Int.max : max(0, sum.partialValue)
      stage.snapshot.elapsed = time - stage.began
      if time - stage.sampledAt >= Self.redrawInterval {
        stage.rate.add(
          stage.snapshot.done - stage.sampledDone, seconds: (time - stage.sampledAt) / .seconds(1))
        stage.snapshot.rate = stage.rate.unitsPerSecond
        stage.sampledAt = time
        stage.sampledDone = stage.snapshot.done
      }
      show(&stage, at: time, &state)
    }
  }

  /// Ends the last stage. Calling it again does nothing.
  package func finish() {
    let time = now()
    state.withLock { end(&$0, at: time) }
  }

  /// Ends the last stage without a word about it, for work that failed or was stopped.
  package func abandon() {
    state.withLock {
      erase(&$0)
      $0.stage = nil
    }
  }

  /// Takes the bar off the terminal until the next `advance`, for output that shares the terminal.
  package func clear() {
    state.withLock { erase(&$0) }
  }

  /// Prints a line above the bar. Without a line feed; also when quiet.
  package func writeLine(_ line: String) {
    state.withLock { state in
      erase(&state)
      write(line + "\n")
      redraw(&state)
    }
  }

  private func show(_ stage: inout Stage, at time: Duration, _ state: inout State) {
    switch style {
    case .bar:
      let isDue = time - stage.shownAt >= Self.redrawInterval
      if isDue { stage.shownAt = time }
      state.stage = stage
      if isDue { redraw(&state) }
    case .lines:
      if time - stage.shownAt >= Self.lineInterval {
        stage.shownAt = time
        write(stage.snapshot.statusLine + "\n")
      }
      state.stage = stage
    case .none: break
    }
  }

  /// Overwrites the line in one write: no flicker, and spaces instead of an erase sequence.
  private func redraw(_ state: inout State) {
    guard case .bar(let width) = style, let stage = state.stage else { return }
    let columns = width()
    let line = progressBar(stage.snapshot, width: columns)
    // A terminal made narrower since must not wrap the spaces.
    write("\r" + padded(line, to: min(state.shownCount, columns - 1), .left))
    state.shownCount = line.count
  }

  private func erase(_ state: inout State) {
    guard state.shownCount > 0 else { return }
    write("\r" + String(repeating: " ", count: state.shownCount) + "\r")
    state.shownCount = 0
  }

  private func end(_ state: inout State, at time: Duration) {
    guard var stage = state.stage else { return }
    erase(&state)
    stage.snapshot.elapsed = time - stage.began
    write(stage.snapshot.endLine + "\n")
    state.stage = nil
  }
}
