internal import CKernels
internal import Scalars

/// Adds the values of pixels `[pixels, channels]` to the first half of `sums`, and their squares to
/// its second half, in Double and in the order of the pixels.
package func addChannelSums(
  of x: Span<Float>, channels: Int, to sums: inout MutableSpan<Double>
) {
  precondition(
    channels > 0 && x.count.isMultiple(of: channels) && sums.count == 2 * channels,
    "each channel has two sums")
  let pixels = x.count / channels
  unsafe x.withUnsafeBufferPointer { x in
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      guard let x = x.baseAddress, let sums = sums.baseAddress else { return }
      // In bounds by the check above.
      unsafe mmdit_channel_sums(KernelLevel.best.rawValue, x, pixels, channels, sums)
    }
  }
}

/// y = SiLU(x · factor + summand of the channel) of pixels `[pixels, channels]`.
package func normalizeAndActivate(
  _ x: Span<Float>, factors: [Float], summands: [Float], into y: inout MutableSpan<Float>
) {
  let channels = factors.count
  precondition(
    channels > 0 && summands.count == channels && x.count.isMultiple(of: channels)
      && y.count == x.count, "each channel has a factor and a summand")
  let pixels = x.count / channels
  unsafe x.withUnsafeBufferPointer { x in
    unsafe y.withUnsafeMutableBufferPointer { y in
      guard let x = x.baseAddress, let y = y.baseAddress else { return }
      // In bounds by the check above; `y` is exclusive.
      unsafe mmdit_normed_silu(
        KernelLevel.best.rawValue, x, pixels, channels, factors, summands, y)
    }
  }
}
