internal import CKernels
internal import Scalars

// Sums run in Double: a sequential Float sum over D terms would lose more than the pairwise sums
// of the frameworks whose results these networks are compared with.

/// RMS norm of one vector `[K]`, in place: x / √(mean(x²) + epsilon) · scale.
package func normalizeRootMeanSquare(
  _ x: inout MutableSpan<Float>, at offset: Int, scale: [Float], epsilon: Float
) {
  precondition(offset >= 0 && scale.count <= x.count - offset, "the vector is there")
  unsafe x.withUnsafeMutableBufferPointer { x in
    guard let base = x.baseAddress else { return }
    // In bounds by the check above; the loop may write where it reads.
    unsafe mmdit_root_mean_square_norm(
      KernelLevel.best.rawValue, base + offset, scale.count, Double(epsilon), scale, base + offset)
  }
}

/// RMS norm of the vector `[K]` at an offset of `x`, written to `y`.
package func normalizeRootMeanSquare(
  _ x: Span<Float>, at offset: Int, scale: [Float], epsilon: Float,
  into y: inout MutableSpan<Float>, at target: Int
) {
  precondition(offset >= 0 && scale.count <= x.count - offset, "the vector is there")
  precondition(target >= 0 && scale.count <= y.count - target, "its norm has a place")
  unsafe x.withUnsafeBufferPointer { x in
    unsafe y.withUnsafeMutableBufferPointer { y in
      guard let x = x.baseAddress, let y = y.baseAddress else { return }
      // In bounds by the checks above.
      unsafe mmdit_root_mean_square_norm(
        KernelLevel.best.rawValue, x + offset, scale.count, Double(epsilon), scale, y + target)
    }
  }
}
