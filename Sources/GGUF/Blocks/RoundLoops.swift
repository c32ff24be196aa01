internal import CKernels
internal import Scalars

/// The loops of `CKernels` over values that become codes in one step; with `BlockLoops` the only
/// place of this module where a span becomes a pointer.
struct RoundLoops {
  private let level = KernelLevel.best.rawValue

  /// The largest magnitude.
  func magnitude(_ values: Span<Float>) -> Float {
    // Pointer and count of one span, as in the functions below.
    unsafe values.withUnsafeBufferPointer {
      Float(bitPattern: unsafe mmdit_max_magnitude(level, $0.baseAddress, $0.count))
    }
  }

  /// The first value of the largest magnitude; there is one.
  func firstExtreme(_ values: Span<Float>) -> Float {
    values[firstIndex(values, ofMagnitude: magnitude(values))]
  }

  /// The first index of a value that is not finite.
  func firstNotFinite(_ values: Span<Float>) -> Int? {
    let largest = magnitude(values)
    return largest.isFinite ? nil : firstIndex(values, ofMagnitude: largest)
  }

  private func firstIndex(_ values: Span<Float>, ofMagnitude magnitude: Float) -> Int {
    unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_find_magnitude(level, $0.baseAddress, $0.count, magnitude.bitPattern)
    }
  }

  /// min(trunc((x − minimum) · inverse + addend), high).
  func truncated(
    _ values: Span<Float>, minimum: Float, inverse: Float, addend: Float, high: Float,
    into codes: inout [UInt8]
  ) {
    precondition(values.count == codes.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe mmdit_truncated_codes(
          level, values.baseAddress, values.count, minimum, inverse, addend, high,
          codes.baseAddress)
      }
    }
  }

  /// x · inverse to nearest, halves away from zero.
  func halfAway(_ values: Span<Float>, inverse: Float, into codes: inout [UInt8]) {
    precondition(values.count == codes.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe mmdit_half_away_codes(
          level, values.baseAddress, values.count, inverse, codes.baseAddress)
      }
    }
  }
}
