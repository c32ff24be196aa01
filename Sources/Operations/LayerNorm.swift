internal import CKernels
internal import Scalars

/// y = (x − mean) / √(variance + epsilon) · (1 + scale) + shift over one row `[D]`.
///
/// Mean and variance are summed in Double. All four spans hold D values.
package func normalizeModulated(
  _ x: Span<Float>, scale: Span<Float>, shift: Span<Float>, epsilon: Float,
  into y: inout MutableSpan<Float>
) {
  let count = x.count
  precondition(
    scale.count == count && shift.count == count && y.count == count, "the rows are as wide")
  unsafe x.withUnsafeBufferPointer { x in
    unsafe scale.withUnsafeBufferPointer { scale in
      unsafe shift.withUnsafeBufferPointer { shift in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, let scale = scale.baseAddress, let shift = shift.baseAddress,
            let y = y.baseAddress
          else { return }
          // `count` values each by the check above; `y` is exclusive.
          unsafe mmdit_modulated_norm(
            KernelLevel.best.rawValue, x, count, Double(epsilon), scale, shift, y)
        }
      }
    }
  }
}

/// sum += a · b, element by element; all three hold as many values.
package func addProduct(_ a: Span<Float>, _ b: Span<Float>, to sum: inout MutableSpan<Float>) {
  let count = sum.count
  precondition(a.count == count && b.count == count, "the rows are as wide")
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      unsafe sum.withUnsafeMutableBufferPointer { sum in
        guard let a = a.baseAddress, let b = b.baseAddress, let sum = sum.baseAddress else {
          return
        }
        // `count` values each by the check above; `sum` is exclusive.
        unsafe mmdit_add_product(KernelLevel.best.rawValue, a, b, count, sum)
      }
    }
  }
}

/// Turns the pairs of neighbours of a vector, in place: (x₀, x₁) becomes
/// (x₀ cos − x₁ sin, x₀ sin + x₁ cos). `x` holds two values for each cosine and sine.
package func rotatePairs(
  _ x: inout MutableSpan<Float>, at offset: Int, cosines: Span<Float>, sines: Span<Float>
) {
  let pairs = cosines.count
  precondition(
    sines.count == pairs && offset >= 0 && 2 * pairs <= x.count - offset, "every pair has an angle")
  unsafe x.withUnsafeMutableBufferPointer { x in
    unsafe cosines.withUnsafeBufferPointer { cosines in
      unsafe sines.withUnsafeBufferPointer { sines in
        guard let x = x.baseAddress, let cosines = cosines.baseAddress,
          let sines = sines.baseAddress
        else { return }
        // In bounds by the check above.
        unsafe mmdit_rotate_pairs(KernelLevel.best.rawValue, x + offset, cosines, sines, pairs)
      }
    }
  }
}
