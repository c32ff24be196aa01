internal import Dispatch
internal import Synchronization

/// Makes `count` results on up to `threads` threads, and gives each its place in their order.
///
/// For files whose pieces are as long as they turn out to be: `make` gives a piece, `place` says where
/// it stands, `finish` writes it there. `place` is called with the results of 0, 1, 2 and so on, one
/// call at a time; `make` and `finish` are called in any order, on all threads. A thread that waits for
/// an earlier result makes later ones meanwhile: at most `limit` results are between the beginning of
/// `make` and the end of `finish`, which bounds the memory. What `place` sees does not depend on the
/// number of threads.
///
/// `step` and `scratch` are those of `forEachChunk`, and so are errors: the first one is thrown, in the
/// order of the results that a thread had begun, and what was not begun is left out.
public func forEachOrdered<Scratch, Made: Sendable, Placed: Sendable>(
  of count: Int, threads: Int = availableThreadCount(), limit: Int,
  beside step: @Sendable (_ isLast: Bool) throws -> OrderedStep = { _ in .finished },
  scratch: @Sendable () -> Scratch,
  make: @Sendable (inout Scratch, _ index: Int) throws -> Made,
  place: @Sendable (_ index: Int, Made) throws -> Placed,
  finish: @Sendable (Placed) throws -> Void
) throws {
  let workers = max(1, min(threads, count + 1))
  precondition(limit >= workers, "a result for each thread")
  let next = Atomic(0)
  let waiting = Mutex(WaitingResults<Made>())
  let firstFailure = Mutex<(index: Int, error: any Error)?>(nil)
  // Signalled up to its limit, not made with it: after an error fewer come back, which would trap.
  let room = DispatchSemaphore(value: 0)
  for _ in 0..<limit { room.signal() }
  @Sendable func work() {
    var memory = scratch()
    while firstFailure.withLock({ $0 == nil }) {
      // The place of a step in the order of errors.
      var index = -1
      do {
        if case .done = try step(false) { continue }
        room.wait()
        // Woken by an error, perhaps.
        guard firstFailure.withLock({ $0 == nil }) else { return }
        index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else {
          room.signal()
          index = -1
          // Who has a step in hand asks for the next one.
          guard case .done = try step(true) else { return }
          continue
        }
        let made = try make(&memory, index)
        let placed = try waiting.withLock { try $0.take(made, at: index, place) }
        for placed in placed {
          try finish(placed)
          room.signal()
        }
      } catch {
        firstFailure.withLock { failure in
          if failure.map({ index < $0.index }) ?? true { failure = (index, error) }
        }
        // Whoever waits, for results that will not be finished.
        for _ in 0..<workers { room.signal() }
      }
    }
  }
  if workers == 1 {
    work()
  } else {
    DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
  }
  if let failure = firstFailure.withLock({ $0 }) { throw failure.error }
}

/// Results that wait for earlier ones.
private struct WaitingResults<Made> {
  private var next = 0
  private var results: [Int: Made] = [:]

  /// Takes a result and places what has its turn now.
  mutating func take<Placed>(
    _ made: Made, at index: Int, _ place: (Int, Made) throws -> Placed
  ) throws -> [Placed] {
    results[index] = made
    var placed: [Placed] = []
    while let made = results.removeValue(forKey: next) {
      placed.append(try place(next, made))
      next += 1
    }
    return placed
  }
}
