internal import Synchronization

/// The results of `body` for consecutive ranges that cover `0..<count`, in the order of the ranges.
///
/// The ranges, the threads and the errors are those of `forEachChunk`: since the ranges do not depend
/// on the number of threads, neither does a sum of the results.
public func mapChunks<Result: Sendable>(
  of count: Int, chunk: Int, threads: Int = availableThreadCount(),
  _ body: @Sendable (Range<Int>) throws -> Result
) throws -> [Result] {
  try mapChunks(of: count, chunk: chunk, threads: threads, scratch: {}) { _, range in
    try body(range)
  }
}

/// The same results of a `body` that has scratch memory of the thread that calls it: made once for each
/// thread, and as the last call on that thread left it.
public func mapChunks<Scratch, Result: Sendable>(
  of count: Int, chunk: Int, threads: Int = availableThreadCount(),
  scratch: @Sendable () -> Scratch,
  _ body: @Sendable (inout Scratch, Range<Int>) throws -> Result
) throws -> [Result] {
  let results = Mutex<[(first: Int, result: Result)]>([])
  try forEachChunk(of: count, chunk: chunk, threads: threads, scratch: scratch) { memory, range in
    let result = try body(&memory, range)
    results.withLock { $0.append((range.lowerBound, result)) }
  }
  return results.withLock { $0 }.sorted { $0.first < $1.first }.map(\.result)
}
