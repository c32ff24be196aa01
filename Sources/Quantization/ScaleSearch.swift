internal import CKernels
internal import Scalars

/// 16 scales of one group, each rounded as it will be stored, in the units of the search.
///
/// Units are the values times a power of two that brings the largest near 1, so that squares of
/// errors neither overflow nor vanish; no code changes by it.
private struct ScaleCandidates {
  /// Rows of 16: scale, reciprocal, lowest and highest level.
  private(set) var lanes = InlineArray<64, Float>(repeating: 0)
  private let scheme: Scheme
  private let normalizer: Float
  private let fallback: GroupScale

  /// Candidates that stand in for scales out of range are `fallback`.
  init(_ scheme: Scheme, normalizer: Float, fallback: GroupScale) {
    self.scheme = scheme
    self.normalizer = normalizer
    self.fallback = fallback
  }

  mutating func set(_ lane: Int, _ wanted: GroupScale) {
    let group = wanted.scale.isFinite ? wanted : fallback
    let (low, high) = scheme.levels(zero: group.zero)
    let scale = group.scale * normalizer
    lanes[lane] = scale
    lanes[16 + lane] = 1 / scale
    lanes[32 + lane] = low
    lanes[48 + lane] = high
  }

  mutating func set(_ lane: Int, scale: Float, zero: Int32 = 0) {
    set(lane, GroupScale(scale: scheme.storedScale(scale), zero: zero))
  }

  /// A candidate in the units of the values; powers of two divide exactly.
  func group(_ lane: Int) -> GroupScale {
    let zero = scheme.symmetry == .symmetric ? 0 : Int32(-lanes[32 + lane])
    return GroupScale(scale: lanes[lane] / normalizer, zero: zero)
  }
}

/// The search for the scale of one group with the least sum of squared errors.
///
/// Three rounds of 16 candidates, all measured on the values: a coarse grid from the absolute
/// maximum down, a fine grid around the best, and the neighbourhood of the least-squares scale
/// Σxt / Σtt for the levels t that the best gives. The result is never worse than where it begins.
struct ScaleSearch {
  private let scheme: Scheme
  private let loops: GroupLoops
  private let normalizer: Float
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
    let exponent = min(max(magnitude.exponent, -126), 126)
    normalizer = Float(bitPattern: UInt32(127 - exponent) << 23)
  }

  /// The best symmetric scale; `scale` is that of the absolute maximum before it was rounded.
  mutating func symmetric(_ values: Span<Float>, scale: Float) -> GroupScale {
    var candidates = ScaleCandidates(scheme, normalizer: normalizer, fallback: start)
    if scheme.codeWidth == .int4 {
      // Either sign, because −8…7 is not symmetric; magnitudes down to (3/4)^7 = 0.13.
      var coarse = scale
      for step in 0..<8 {
        candidates.set(step, scale: coarse)
        candidates.set(8 + step, scale: -coarse)
        coarse *= 0.75
      }
      measure(values, candidates)
      let around = best.scale
      for lane in 0..<16 { candidates.set(lane, scale: around * (1 + offset(lane) / 32)) }
    } else {
      for lane in 0..<16 { candidates.set(lane, scale: scale * (1 - Float(lane) / 20)) }
      measure(values, candidates)
      let around = best.scale
      for lane in 0..<16 { candidates.set(lane, scale: around + scale * offset(lane) / 160) }
    }
    measure(values, candidates)
    return refined(values)
  }

  /// The best asymmetric scale and zero point for values in `minimum`…`maximum`.
  mutating func asymmetric(_ values: Span<Float>, minimum: Float, maximum: Float) -> GroupScale {
    var candidates = ScaleCandidates(scheme, normalizer: normalizer, fallback: start)
    for lane in 0..<16 {
      let share = 1 - Float(lane) / 16
      candidates.set(lane, scheme.fitted(minimum: share * minimum, maximum: share * maximum))
    }
    let share = 1 - Float(measure(values, candidates)) / 16
    // Both ends apart: shares −3, −1, +1, +3 sixty-fourths from the best common one.
    for lane in 0..<16 {
      let low = share + Float(2 * (lane / 4) - 3) / 64
      let high = share + Float(2 * (lane % 4) - 3) / 64
      candidates.set(lane, scheme.fitted(minimum: low * minimum, maximum: high * maximum))
    }
    measure(values, candidates)
    return refined(values)
  }

  /// −8…−1, 1…8.
  private func offset(_ lane: Int) -> Float { Float(lane < 8 ? lane - 8 : lane - 7) }

  /// Measures candidates and keeps the best; returns the lane of the least error among them. The
  /// first lane of the first call is the start.
  @discardableResult
  private mutating func measure(_ values: Span<Float>, _ candidates: ScaleCandidates) -> Int {
    let errors = loops.errors(values, normalizer: normalizer, candidates.lanes.span)
    if startError == .infinity { startError = errors[0] }
    var lane = 0
    for other in 1..<16 where errors[other] < errors[lane] { lane = other }
    if errors[lane] < leastError {
      leastError = errors[lane]
      best = candidates.group(lane)
    }
    return lane
  }

  private mutating func refined(_ values: Span<Float>) -> GroupScale {
    var quantizer = scheme.quantizer(best)
    quantizer.inverse_scale = 1 / (best.scale * normalizer)
    let moments = loops.moments(values, normalizer: normalizer, quantizer)
    if moments.level_level > 0 {
      let scale = Float(moments.value_level / moments.level_level) / normalizer
      let zero = best.zero
      var candidates = ScaleCandidates(scheme, normalizer: normalizer, fallback: start)
      for lane in 0..<16 {
        candidates.set(lane, scale: scale * (1 + Float(lane - 8) / 512), zero: zero)
      }
      measure(values, candidates)
    }
    // A measured sum is within 2^-18 of the true one, or 2^-100 where squares vanish: with this
    // margin the true error cannot be larger than at the start.
    return leastError < startError * (1 - 0x1p-16) - 0x1p-100 ? best : start
  }
}
