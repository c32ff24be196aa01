internal import CKernels
internal import Scalars

/// The scale, as stored, and the zero point of one group.
struct GroupScale {
  /// A number of the scale type; 0 for a group of zeros.
  var scale: Float
  /// The code that stands for 0; 0 when symmetric.
  var zero: Int32
}

extension Scheme {
  /// The least and the greatest of q − z that a group with this zero point can hold.
  func levels(zero: Int32) -> (low: Float, high: Float) {
    switch (symmetry, codeWidth) {
    case (.symmetric, .int8): (-127, 127)
    case (.symmetric, .int4): (-8, 7)
    case (.asymmetric, _): (Float(-zero), levelSpan - Float(zero))
    }
  }

  /// The greatest magnitude of q − z.
  var levelSpan: Float {
    switch (symmetry, codeWidth) {
    case (.symmetric, .int8): 127
    case (.symmetric, .int4): 8
    case (.asymmetric, .int8): 255
    case (.asymmetric, .int4): 15
    }
  }

  /// How values of a group become its stored codes.
  func quantizer(_ group: GroupScale) -> mmdit_quantizer {
    let (low, high) = levels(zero: group.zero)
    let offset = symmetry == .symmetric ? (codeWidth == .int4 ? 8 : 0) : group.zero
    return mmdit_quantizer(
      inverse_scale: group.scale == 0 ? 0 : 1 / group.scale, low: low, high: high, offset: offset)
  }

  /// How `mmdit_best_of_scales` stores a scale, as `storedScale` does, and the levels of zero point 0;
  /// `fallback` stands in for a scale out of range.
  func scaleGrid(fallback: Float) -> mmdit_scale_grid {
    let (low, high) = levels(zero: 0)
    let type =
      switch scaleType {
      case .float32: MMDIT_SCALE_F32
      case .float16: MMDIT_SCALE_F16
      case .bfloat16: MMDIT_SCALE_BF16
      }
    return mmdit_scale_grid(
      type: Int32(type), least: leastScale, span: levelSpan, fallback: fallback, low: low,
      high: high)
  }

  /// The smallest positive scale whose reciprocal is finite in float32.
  private var leastScale: Float { scaleType == .float16 ? 0x1p-24 : .leastNormalMagnitude }

  /// The scale as it is stored: rounded to nearest, ties to even.
  ///
  /// A magnitude below the least is raised to it, keeping the sign. The least is the smallest
  /// positive number of the type whose reciprocal is finite in float32: 2^−24 for f16, 2^−126 for
  /// f32 and bf16 (their subnormal numbers have no reciprocal).
  ///
  /// Infinite when the scale, or the largest value it gives, is out of range.
  func storedScale(_ scale: Float) -> Float {
    let rounded: Float
    let least: Float
    switch scaleType {
    case .float32: (rounded, least) = (scale, .leastNormalMagnitude)
    case .float16: (rounded, least) = (Float(Float16(scale)), 0x1p-24)
    case .bfloat16: (rounded, least) = (Float(BFloat16(scale)), .leastNormalMagnitude)
    }
    if rounded.magnitude < least { return Float(signOf: scale, magnitudeOf: least) }
    return (rounded * levelSpan).isFinite ? rounded : .infinity
  }

  /// The asymmetric scale and zero point with which `minimum`…`maximum`, which includes 0, just
  /// fits the codes; the scale infinite when it is out of range.
  func fitted(minimum: Float, maximum: Float) -> GroupScale {
    let scale = storedScale((maximum - minimum) / levelSpan)
    let zero = (-minimum / scale).rounded(.toNearestOrEven)
    return GroupScale(scale: scale, zero: Int32(min(max(zero, 0), levelSpan)))
  }
}
