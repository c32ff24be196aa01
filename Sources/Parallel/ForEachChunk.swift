internal import Dispatch
internal import Glibc
internal import Synchronization

/// The processors that this process may use.
public func availableThreadCount() -> Int {
  max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Calls `body` with consecutive ranges that cover `0..<count`, on up to `threads` threads.
///
/// Every range has `chunk` elements, the last one what remains. The ranges do not depend on the
/// number of threads, so that work which writes one result per range gives the same result on any
/// machine. At most `threads` ranges are in work at once, which bounds the scratch memory.
///
/// The first error, in the order of the ranges among those that ran, is thrown after the running
/// ranges end; ranges not yet begun are left out.
public func forEachChunk(
  of count: Int, chunk: Int, threads: Int = availableThreadCount(),
  _ body: @Sendable (Range<Int>) throws -> Void
) throws {
  try forEachChunk(of: count, chunk: chunk, threads: threads, scratch: {}) { _, range in
    try body(range)
  }
}

/// What became of a call for the next step of work that has an order.
public enum OrderedStep: Sendable {
  case done
  /// Another thread has one in hand, or it is too early.
  case notNow
  /// There are no more.
  case finished
}

/// Calls `body` as the function above does, with scratch memory of the thread that calls it: made once
/// for each thread, and as the last call on that thread left it.
public func forEachChunk<Scratch>(
  of count: Int, chunk: Int, threads: Int = availableThreadCount(),
  scratch: @Sendable () -> Scratch,
  _ body: @Sendable (inout Scratch, Range<Int>) throws -> Void
) throws {
  try loop(
    of: count, chunk: chunk, threads: threads, stepCount: 0, step: { _ in .finished },
    scratch: scratch, body)
}

/// Calls `body` as the function above does, and `step` beside the ranges: work whose steps have an
/// order of their own, such as a digest.
///
/// Every thread asks for a step before it takes a range, and after the last range until all are done.
/// `isLast` says that no range is left to take, so that there is nothing to wait for. Its errors come
/// before those of ranges.
public func forEachChunk<Scratch>(
  of count: Int, chunk: Int, threads: Int = availableThreadCount(),
  beside step: @Sendable (_ isLast: Bool) throws -> OrderedStep, scratch: @Sendable () -> Scratch,
  _ body: @Sendable (inout Scratch, Range<Int>) throws -> Void
) throws {
  try loop(
    of: count, chunk: chunk, threads: threads, stepCount: 1, step: step, scratch: scratch, body)
}

/// `stepCount` is how many threads steps keep busy.
private func loop<Scratch>(
  of count: Int, chunk: Int, threads: Int, stepCount: Int,
  step: @Sendable (_ isLast: Bool) throws -> OrderedStep, scratch: @Sendable () -> Scratch,
  _ body: @Sendable (inout Scratch, Range<Int>) throws -> Void
) throws {
  precondition(chunk > 0, "a chunk must have elements")
  let chunkCount = count / chunk + (count.isMultiple(of: chunk) ? 0 : 1)
  let next = Atomic(0)
  let firstFailure = Mutex<(index: Int, error: any Error)?>(nil)
  @Sendable func work() {
    var memory = scratch()
    while firstFailure.withLock({ $0 == nil }) {
      // The place of a step in the order of errors.
      var index = -1
      do {
        if case .done = try step(false) { continue }
        index = next.add(1, ordering: .relaxed).oldValue
        if index < chunkCount {
          try body(&memory, index * chunk..<min(count, (index + 1) * chunk))
          continue
        }
        index = -1
        // Who has a step in hand asks for the next one.
        guard case .done = try step(true) else { return }
      } catch {
        firstFailure.withLock { failure in
          if failure.map({ index < $0.index }) ?? true { failure = (index, error) }
        }
      }
    }
  }
  let workers = max(1, min(threads, chunkCount + stepCount))
  if workers == 1 {
    work()
  } else {
    DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
  }
  if let failure = firstFailure.withLock({ $0 }) { throw failure.error }
}
