internal import CKernels
internal import Scalars

/// The search for the scale of one group with the least sum of squared errors.
///
/// Three rounds of 16 candidates, all measured on the values: a coarse grid from the absolute
/// maximum down, a fine grid around the best, and the neighbourhood of the least-squares scale
/// Σxt / Σtt for the levels t that the best gives. The result is never worse than where it begins.
struct ScaleSearch {
  private let scheme: Scheme
  private let loops: GroupLoops
  private let normalizer: Float
  private let grid: mmdit_scale_grid
  private let start: GroupScale
  private var best: GroupScale
  private var leastError = Double.infinity
  private var startError = Double.infinity

  /// Begins at `start`, the scale of the absolute maximum, of values of at most this magnitude.
  init(_ scheme: Scheme, _ loops: GroupLoops, start: GroupScale, magnitude: Float) {
    self.scheme = scheme
    self.loops = loops
    self.start = start
    best = start
    grid = scheme.scaleGrid(fallback: start.scale)
    let exponent = min(max(magnitude.exponent, -126), 126)
    normalizer = Float(bitPattern: UInt32(127 - exponent) << 23)
  }

  /// The best symmetric scale; `scale` is that of the absolute maximum before it was rounded.
  mutating func symmetric(_ values: Span<Float>, scale: Float) -> GroupScale {
    if scheme.codeWidth == .int4 {
      measure(values, symmetric: scale * Self.signedShares)
      measure(values, symmetric: best.scale * Self.fineShares)
    } else {
      measure(values, symmetric: scale * Self.shares)
      measure(values, symmetric: best.scale + scale * Self.offsets / 160)
    }
    return refined(values)
  }

  /// The best asymmetric scale and zero point for values in `minimum`…`maximum`.
  mutating func asymmetric(_ values: Span<Float>, minimum: Float, maximum: Float) -> GroupScale {
    // The farther end comes in first: an outlier lies on one side.
    let limits = max(-minimum, maximum) * (1 - Self.ascending / 16)
    let minima = pointwiseMax(SIMD16(repeating: minimum), -limits)
    let maxima = pointwiseMin(SIMD16(repeating: maximum), limits)
    let lane = measure(values, minima: minima, maxima: maxima)
    // Then both ends apart: −3, −1, 1, 3 parts in 32.
    measure(
      values, minima: minima[lane] * (1 + Self.minimumOffsets / 32),
      maxima: maxima[lane] * (1 + Self.maximumOffsets / 32))
    return refined(values)
  }

  private static let ascending = SIMD16<Float>(
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  private static let offsets = SIMD16<Float>(
    -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8)
  // Quotients once, not for each group.
  private static let shares = 1 - ascending / 20
  private static let fineShares = 1 + offsets / 32
  private static let finestShares = 1 + (ascending - 8) / 512
  private static let minimumOffsets = SIMD16<Float>(
    -3, -3, -3, -3, -1, -1, -1, -1, 1, 1, 1, 1, 3, 3, 3, 3)
  private static let maximumOffsets = SIMD16<Float>(
    -3, -1, 1, 3, -3, -1, 1, 3, -3, -1, 1, 3, -3, -1, 1, 3)

  /// Powers of 3/4 down to (3/4)^7 = 0.13, of either sign because −8…7 is not symmetric.
  private static let signedShares: SIMD16<Float> = {
    var shares = SIMD16<Float>()
    var share: Float = 1
    for step in 0..<8 {
      shares[step] = share
      shares[8 + step] = -share
      share *= 0.75
    }
    return shares
  }()

  /// Measures the scales of a symmetric scheme and keeps the best.
  private mutating func measure(_ values: Span<Float>, symmetric scales: SIMD16<Float>) {
    let found = loops.best(values, normalizer: normalizer, scales: scales, grid)
    if startError == .infinity { startError = found.first_error }
    if found.error < leastError {
      leastError = found.error
      best = GroupScale(scale: found.scale, zero: 0)
    }
  }

  /// Returns the lane of the least error.
  @discardableResult
  private mutating func measure(
    _ values: Span<Float>, minima: SIMD16<Float>, maxima: SIMD16<Float>
  ) -> Int {
    measure(
      values,
      ScaleCandidates(
        scheme, minima: minima, maxima: maxima, normalizer: normalizer, fallback: start))
  }

  /// Measures candidates and keeps the best; returns the lane of the least error among them. The
  /// first lane of the first call is the start.
  @discardableResult
  private mutating func measure(_ values: Span<Float>, _ candidates: ScaleCandidates) -> Int {
    let errors = loops.errors(values, normalizer: normalizer, candidates.lanes.span)
    if startError == .infinity { startError = errors[0] }
    // The order of errors is that of their bits; the lane takes the place of the lowest four, so
    // that the least is found without a branch, which would be taken at random.
    var least = UInt64.max
    for lane in 0..<16 { least = min(least, errors[lane].bitPattern & ~15 | UInt64(lane)) }
    let lane = Int(least & 15)
    if errors[lane] < leastError {
      leastError = errors[lane]
      best = candidates.group(lane, scheme)
    }
    return lane
  }

  private mutating func refined(_ values: Span<Float>) -> GroupScale {
    var quantizer = scheme.quantizer(best)
    quantizer.inverse_scale = 1 / (best.scale * normalizer)
    let moments = loops.moments(values, normalizer: normalizer, quantizer)
    if moments.level_level > 0 {
      let scale = Float(moments.value_level / moments.level_level) / normalizer
      let scales = scale * Self.finestShares
      switch scheme.symmetry {
      case .symmetric: measure(values, symmetric: scales)
      case .asymmetric:
        measure(
          values,
          ScaleCandidates(
            scheme, scales: scales, zero: best.zero, normalizer: normalizer, fallback: start))
      }
    }
    // A measured sum is within 2^-18 of the true one, or 2^-100 where squares vanish: with this
    // margin the true error cannot be larger than at the start.
    return leastError < startError * (1 - 0x1p-16) - 0x1p-100 ? best : start
  }
}
