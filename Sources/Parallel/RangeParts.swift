extension Range<Int> {
  /// Consecutive ranges of `count` elements that cover this one; the last has what remains.
  package func parts(of count: Int) -> [Range<Int>] {
    precondition(count > 0, "a part must have elements")
    return stride(from: lowerBound, to: upperBound, by: count).map {
      $0..<$0 + Swift.min(count, upperBound - $0)
    }
  }
}
