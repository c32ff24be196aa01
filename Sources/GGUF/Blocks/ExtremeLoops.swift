internal import CKernels
internal import Scalars

/// The loops of `CKernels` that look for extremes.
struct ExtremeLoops {
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
}
