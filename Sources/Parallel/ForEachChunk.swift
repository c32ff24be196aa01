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
  precondition(chunk > 0, "a chunk must have elements")
  let chunkCount = count / chunk + (count.isMultiple(of: chunk) ? 0 : 1)
  let workers = max(1, min(threads, chunkCount))
  if workers == 1 {
    for index in 0..<chunkCount {
      try body(index * chunk..<min(count, (index + 1) * chunk))
    }
    return
  }
  let next = Atomic(0)
  let firstFailure = Mutex<(index: Int, error: any Error)?>(nil)
  DispatchQueue.concurrentPerform(iterations: workers) { _ in
    while firstFailure.withLock({ $0 == nil }) {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < chunkCount else { return }
      do {
        try body(index * chunk..<min(count, (index + 1) * chunk))
      } catch {
        firstFailure.withLock { failure in
          if failure.map({ index < $0.index }) ?? true { failure = (index, error) }
        }
      }
    }
  }
  if let failure = firstFailure.withLock({ $0 }) { throw failure.error }
}
