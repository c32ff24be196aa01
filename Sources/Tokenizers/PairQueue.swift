/// Pairs in the order in which they are joined: by rank, then by place. A binary heap.
struct PairQueue {
  /// Rank in the upper half, place in the lower.
  private var keys: [UInt64] = []

  /// Puts in a pair; its place is below 2³².
  mutating func insert(rank: UInt32, place: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(UInt32(place)))
    var child = keys.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard keys[child] < keys[parent] else { return }
      keys.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the first pair; nil when there is none.
  mutating func removeFirst() -> (rank: UInt32, place: Int)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      sink()
    }
    return (UInt32(first >> 32), Int(UInt32(truncatingIfNeeded: first)))
  }

  /// Moves the root down to where it belongs.
  private mutating func sink() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < keys.count else { return }
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < keys[parent] else { return }
      keys.swapAt(child, parent)
      parent = child
    }
  }
}
