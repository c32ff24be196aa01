internal import Scalars

/// 16 scales of one group, each rounded as it will be stored, in the units of a search.
///
/// Units are the values times a power of two, the normalizer, that brings the largest near 1, so
/// that squares of errors neither overflow nor vanish; no code changes by it.
struct ScaleCandidates {
  /// Scale, reciprocal, lowest and highest level, a lane for each candidate: the order of
  /// `mmdit_scale_errors`.
  private(set) var lanes: InlineArray<4, SIMD16<Float>>
  private let normalizer: Float

  /// The candidates nearest to `scales`, with one zero point; the scale of `fallback` stands in
  /// for those out of range.
  init(
    _ scheme: Scheme, scales: SIMD16<Float>, zero: Int32, normalizer: Float, fallback: GroupScale
  ) {
    self.init(
      scheme, stored: scheme.storedScales(scales, fallback: fallback.scale),
      zeros: SIMD16(repeating: Float(zero)), normalizer: normalizer)
  }

  /// The asymmetric candidates with which each range, which includes 0, just fits the codes.
  init(
    _ scheme: Scheme, minima: SIMD16<Float>, maxima: SIMD16<Float>, normalizer: Float,
    fallback: GroupScale
  ) {
    let scales = scheme.storedScales(
      (maxima - minima) / scheme.levelSpan, fallback: fallback.scale)
    // Adding 1.5 · 2^23 leaves no fraction bits: rounds to nearest, ties to even, up to 2^22.
    let zeros = (-minima / scales + 0x1.8p23) - 0x1.8p23
    self.init(
      scheme, stored: scales,
      zeros: zeros.clamped(
        lowerBound: SIMD16(repeating: 0), upperBound: SIMD16(repeating: scheme.levelSpan)),
      normalizer: normalizer)
  }

  private init(
    _ scheme: Scheme, stored: SIMD16<Float>, zeros: SIMD16<Float>, normalizer: Float
  ) {
    self.normalizer = normalizer
    let scales = stored * normalizer
    let (low, high) = scheme.levels(zero: 0)
    lanes = [scales, 1 / scales, low - zeros, high - zeros]
  }

  /// A candidate in the units of the values; powers of two divide exactly.
  func group(_ lane: Int, _ scheme: Scheme) -> GroupScale {
    let (low, _) = scheme.levels(zero: 0)
    return GroupScale(scale: lanes[0][lane] / normalizer, zero: Int32(low - lanes[2][lane]))
  }
}

extension Scheme {
  /// `storedScale` of each lane; `fallback` where it is infinite.
  fileprivate func storedScales(_ scales: SIMD16<Float>, fallback: Float) -> SIMD16<Float> {
    var rounded = scales
    var least = Float.leastNormalMagnitude
    switch scaleType {
    case .float32: break
    case .float16:
      least = 0x1p-24
      for lane in 0..<16 { rounded[lane] = Float(Float16(scales[lane])) }
    case .bfloat16:
      // As `BFloat16.init`; there is no NaN.
      let bits = unsafe unsafeBitCast(scales, to: SIMD16<UInt32>.self)
      let even = (bits &+ 0x7fff &+ ((bits &>> 16) & 1)) & 0xffff_0000
      rounded = unsafe unsafeBitCast(even, to: SIMD16<Float>.self)
    }
    let magnitudes = rounded.replacing(with: -rounded, where: rounded .< 0)
    // Only a symmetric int4 scale may be negative.
    let leasts = SIMD16(repeating: least).replacing(with: -least, where: scales .< 0)
    return
      rounded
      .replacing(with: leasts, where: magnitudes .< least)
      .replacing(
        with: fallback, where: .!(magnitudes * levelSpan .<= .greatestFiniteMagnitude))
  }
}
