import Parallel
import Synchronization
import Testing

@Suite struct ForEachOrderedTests {
  private struct Stop: Error, Equatable { var index: Int }

  @Test(arguments: [1, 2, 8], [0, 1, 2, 1000])
  func resultsArePlacedInTheirOrderAndFinishedOnce(threads: Int, count: Int) throws {
    let placed = Mutex<[Int]>([])
    let finished = Mutex<[Int]>([])
    try forEachOrdered(
      of: count, threads: threads, limit: 2 * threads, scratch: { 0 },
      make: { calls, index in
        calls += 1
        return 10 * index
      },
      place: { index, made in
        #expect(made == 10 * index)
        // One call at a time.
        #expect(placed.withLockIfAvailable { $0.append(index) } != nil)
        return index
      },
      finish: { index in finished.withLock { $0.append(index) } })
    #expect(placed.withLock { $0 } == Array(0..<count))
    #expect(finished.withLock { $0 }.sorted() == Array(0..<count))
  }

  @Test(arguments: [1, 2, 8])
  func noMoreResultsThanTheLimitAreBetweenMakingAndFinishing(threads: Int) throws {
    let state = Mutex((held: 0, most: 0))
    try forEachOrdered(
      of: 500, threads: threads, limit: threads, scratch: {},
      make: { _, index in
        state.withLock {
          $0.held += 1
          $0.most = max($0.most, $0.held)
        }
      },
      place: { _, _ in }, finish: { state.withLock { $0.held -= 1 } })
    #expect(state.withLock { $0.most } <= threads)
    #expect(state.withLock { $0.held } == 0)
  }

  /// Others wait for room or for their turn when it happens, and are woken.
  @Test(arguments: [1, 2, 8], ["make", "place", "finish"])
  func anErrorEndsTheWorkAndIsThrown(threads: Int, where place: String) {
    #expect(throws: Stop.self) {
      try forEachOrdered(
        of: 1000, threads: threads, limit: threads, scratch: {},
        make: { _, index in
          if place == "make", index == 30 { throw Stop(index: index) }
          return index
        },
        place: { index, _ in
          if place == "place", index == 30 { throw Stop(index: index) }
          return index
        },
        finish: { index in if place == "finish", index == 30 { throw Stop(index: index) } })
    }
  }

  @Test(arguments: [1, 2, 8], [0, 1, 1000])
  func stepsBesideTheResultsAreAllTaken(threads: Int, count: Int) throws {
    let steps = Mutex(0)
    try forEachOrdered(
      of: count, threads: threads, limit: threads,
      beside: { isLast in
        steps.withLockIfAvailable { steps in
          guard steps < 30 else { return OrderedStep.finished }
          guard isLast || steps < 5 else { return .notNow }
          steps += 1
          return .done
        } ?? .notNow
      },
      scratch: {}, make: { _, index in index }, place: { index, _ in index }, finish: { _ in })
    #expect(steps.withLock { $0 } == 30)
  }

  @Test(arguments: [1, 2])
  func anErrorOfAStepComesFirst(threads: Int) {
    #expect(throws: Stop(index: -1)) {
      try forEachOrdered(
        of: 10, threads: threads, limit: threads, beside: { _ in throw Stop(index: -1) },
        scratch: {}, make: { _, index in throw Stop(index: index) },
        place: { (index: Int, _: Int) in index }, finish: { _ in })
    }
  }
}
