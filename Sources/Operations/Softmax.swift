internal import CKernels
internal import Scalars

/// exp(x − max) / Σ exp(x − max) over those elements, in place.
///
/// Each exponential is off by less than two units in the last place, and their sum runs in Double.
/// An element of −∞ becomes 0; at least one must be finite.
package func softmax(_ x: inout MutableSpan<Float>, _ range: Range<Int>) {
  precondition(range.lowerBound >= 0 && range.upperBound <= x.count, "the elements are there")
  unsafe x.withUnsafeMutableBufferPointer { x in
    guard let base = x.baseAddress else { return }
    // In bounds by the check above.
    unsafe mmdit_softmax(KernelLevel.best.rawValue, base + range.lowerBound, range.count)
  }
}
