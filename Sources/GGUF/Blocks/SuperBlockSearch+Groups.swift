internal import CKernels

extension SuperBlockSearch {
  /// The best scale and offset of a group, whatever the others have.
  func fit(_ range: Range<Int>) -> GroupFit {
    let values = values.span.extracting(range)
    let weights = weights.span.extracting(range)
    var low: Float = 0
    var high = values[0]
    for index in values.indices {
      low = min(low, values[index])
      high = max(high, values[index])
    }
    if !grid.hasMinima {
      if low == 0 && high == 0 { return GroupFit() }
      let scale = (-low >= high ? low : high) / grid.codes.low
      let fitted = loops.fit(
        values, weights, hasOffset: false, GroupCandidates(scales: scale * grid.groupShares))
      return fitted[loops.best(values, weights, fitted).index]
    }
    if low == high { return GroupFit(offset: low) }
    let scale = (high - low) / grid.codes.high
    var fitted = loops.fit(
      values, weights, hasOffset: true,
      GroupCandidates(scales: scale * grid.groupShares, offsets: SIMD16(repeating: low)))
    let first = loops.best(values, weights, fitted)
    var best = fitted[first.index]
    guard first.error.isFinite else { return GroupFit(scale: scale, offset: low) }
    fitted = loops.fit(
      values, weights, hasOffset: true,
      GroupCandidates(
        scales: best.scale * (1 + Self.scaleSteps * (0.5 / grid.codes.high)),
        offsets: best.offset + best.scale * Self.offsetSteps))
    let second = loops.best(values, weights, fitted)
    if second.error < first.error { best = fitted[second.index] }
    return best
  }

  private static let scaleSteps =
    SIMD16<Float>(
      -3, -1, 1, 3, -3, -1, 1, 3, -3, -1, 1, 3, -3, -1, 1, 3) / 3
  private static let offsetSteps =
    SIMD16<Float>(
      -3, -3, -3, -3, -1, -1, -1, -1, 1, 1, 1, 1, 3, 3, 3, 3) / 10
}
