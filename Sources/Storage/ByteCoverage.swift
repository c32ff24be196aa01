/// Which bytes have been written: disjoint ranges in order, neighbours joined.
///
/// Work that goes through a tensor from a few places at once keeps only a few ranges.
public struct ByteCoverage: Sendable {
  private var ranges: [Range<Int>] = []

  /// Nothing written yet.
  public init() {}

  /// How many bytes are covered.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }

  /// Adds a range; returns false, and changes nothing, when a byte of it is covered already.
  ///
  /// - Complexity: logarithmic in the number of ranges to find the place, linear to open a new one.
  public mutating func insert(_ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return true }
    let next = firstRange(endingAfter: range.lowerBound)
    if next < ranges.count, ranges[next].lowerBound < range.upperBound { return false }
    let joinsPrevious = next > 0 && ranges[next - 1].upperBound == range.lowerBound
    let joinsNext = next < ranges.count && ranges[next].lowerBound == range.upperBound
    switch (joinsPrevious, joinsNext) {
    case (true, true):
      ranges[next - 1] = ranges[next - 1].lowerBound..<ranges[next].upperBound
      ranges.remove(at: next)
    case (true, false):
      ranges[next - 1] = ranges[next - 1].lowerBound..<range.upperBound
    case (false, true):
      ranges[next] = range.lowerBound..<ranges[next].upperBound
    case (false, false):
      ranges.insert(range, at: next)
    }
    return true
  }

  /// The position of the first range that ends behind `byte`.
  private func firstRange(endingAfter byte: Int) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound > byte { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
