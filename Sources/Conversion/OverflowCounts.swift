internal import Synchronization

/// How many values of each tensor overflowed, counted from several threads.
final class OverflowCounts: Sendable {
  private let counts: Mutex<[Int]>

  init(count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }

  /// Adds to the count of one tensor.
  func add(_ count: Int, to index: Int) {
    guard count > 0 else { return }
    counts.withLock { $0[index] += count }
  }

  /// The counts so far.
  var values: [Int] { counts.withLock { $0 } }
}
