import Parallel
import Synchronization
import Testing

@Suite struct ForEachChunkTests {
  @Test(arguments: [1, 2, 8], [0, 1, 63, 64, 65, 1000])
  func everyIndexIsVisitedOnceInTheSameRanges(threads: Int, count: Int) throws {
    let seen = Mutex<[Range<Int>]>([])
    try forEachChunk(of: count, chunk: 64, threads: threads) { range in
      seen.withLock { $0.append(range) }
    }
    let ranges = seen.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(ranges.flatMap { $0 } == Array(0..<count))
    #expect(ranges.allSatisfy { $0.lowerBound.isMultiple(of: 64) && $0.count <= 64 })
  }

  @Test func noMoreRangesThanThreadsAreInWork() throws {
    let state = Mutex((running: 0, most: 0))
    try forEachChunk(of: 200, chunk: 1, threads: 2) { _ in
      state.withLock {
        $0.running += 1
        $0.most = max($0.most, $0.running)
      }
      state.withLock { $0.running -= 1 }
    }
    #expect(state.withLock { $0.most } <= 2)
  }

  struct Stop: Error, Equatable { var index: Int }

  @Test func anErrorEndsTheLoopAndIsThrown() {
    let visited = Mutex(0)
    #expect(throws: Stop(index: 0)) {
      try forEachChunk(of: 1_000_000, chunk: 1, threads: 1) { range in
        visited.withLock { $0 += 1 }
        throw Stop(index: range.lowerBound)
      }
    }
    #expect(visited.withLock { $0 } == 1)
  }

  @Test(arguments: [1, 2, 8], [0, 1, 64, 1000])
  func resultsComeInTheOrderOfTheRanges(threads: Int, count: Int) throws {
    let ranges = try mapChunks(of: count, chunk: 7, threads: threads) { $0 }
    #expect(ranges.flatMap { $0 } == Array(0..<count))
    #expect(throws: Stop.self) {
      _ = try mapChunks(of: 10, chunk: 1, threads: threads) { range -> Int in
        throw Stop(index: range.lowerBound)
      }
    }
  }

  @Test(arguments: [1, 2, 8], [0, 1, 1000])
  func stepsBesideTheRangesAreAllTakenInTheirOrder(threads: Int, count: Int) throws {
    let steps = Mutex<[Int]>([])
    let visited = Atomic(0)
    try forEachChunk(
      of: count, chunk: 7, threads: threads,
      beside: { isLast in
        steps.withLockIfAvailable { steps in
          guard steps.count < 30 else { return OrderedStep.finished }
          // Not ahead of the ranges, until there are none.
          guard isLast || steps.count <= visited.load(ordering: .relaxed) else { return .notNow }
          steps.append(steps.count)
          return .done
        } ?? .notNow
      },
      scratch: { 0 }
    ) { calls, range in
      calls += 1
      visited.add(range.count, ordering: .relaxed)
    }
    #expect(steps.withLock { $0 } == Array(0..<30))
    #expect(visited.load(ordering: .relaxed) == count)
  }

  @Test(arguments: [1, 2, 8])
  func scratchIsMadeOnceForEachThread(threads: Int) throws {
    let made = Atomic(0)
    let calls = Atomic(0)
    try forEachChunk(
      of: 100, chunk: 1, threads: threads,
      scratch: {
        made.add(1, ordering: .relaxed)
        return 0
      }
    ) { own, _ in
      own += 1
      calls.add(1, ordering: .relaxed)
    }
    #expect((1...threads).contains(made.load(ordering: .relaxed)))
    #expect(calls.load(ordering: .relaxed) == 100)
  }

  @Test(arguments: [1, 2])
  func anErrorOfAStepComesFirst(threads: Int) {
    #expect(throws: Stop(index: -1)) {
      try forEachChunk(
        of: 10, chunk: 1, threads: threads, beside: { _ in throw Stop(index: -1) }, scratch: {}
      ) { _, range in throw Stop(index: range.lowerBound) }
    }
  }

  @Test func rowsAreLentDisjointly() throws {
    var matrix = [Int](repeating: 0, count: 30 * 4)
    var span = matrix.mutableSpan
    try DisjointRows.lend(&span, columns: 4) { rows in
      try forEachChunk(of: 30, chunk: 7) { range in
        rows.withRows(range) { part in
          for index in part.indices { part[index] = range.lowerBound * 4 + index }
        }
      }
    }
    #expect(matrix == Array(0..<120))
  }

  @Test func rowsOutsideTheMatrixTrap() async {
    await #expect(processExitsWith: .failure) {
      var matrix = [Int](repeating: 0, count: 8)
      var span = matrix.mutableSpan
      DisjointRows.lend(&span, columns: 4) { rows in rows.withRows(1..<3) { _ in } }
    }
  }
}
