internal import Glibc
public import MMDiT

/// The initial latents of a picture.
public enum InitialNoise {
  /// The most tokens that a picture is given noise for: 16,384 × 16,384 pixels.
  public static let largestTokenCount = 1 << 20

  /// Standard normal noise `[T, C]` for a seed, the same as diffusers draws with a generator on the
  /// CPU in float32.
  ///
  /// PyTorch fills `[C, height, width]` from MT19937 seeded with the low 32 bits: 24 bits for each
  /// uniform number u in [0, 1), then pairs eight apart by Box and Muller (1958),
  ///
  ///     √(−2 ln(1 − u₁)) · cos 2πu₂  and  √(−2 ln(1 − u₁)) · sin 2πu₂
  ///
  /// PyTorch's vectorized logarithm and cosine may differ from these in the last bits; to compare
  /// two programs bit for bit, give both the same noise. Numbers are drawn 16 at a time; when some
  /// are left over, the last 16 are drawn anew, and fewer than 16 in all are refused.
  public static func standardNormal(
    grid: TokenGrid, channels: Int, seed: UInt64
  ) throws(SamplingFailure) -> [Float] {
    let tokens = grid.tokenCount ?? 0
    guard (1...largestTokenCount).contains(tokens) else {
      throw .noise(
        expected: "1 to \(largestTokenCount) latent tokens",
        found: "\(grid.height) × \(grid.width)")
    }
    let count = channels * tokens
    guard channels > 0, count >= 16 else {
      throw .noise(expected: "at least 16 numbers", found: "\(channels) × \(tokens)")
    }
    var twister = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
    var planar = [Float](repeating: 0, count: count)
    for index in 0..<count { planar[index] = uniform(&twister) }
    for first in stride(from: 0, to: count - 15, by: 16) { makeNormal(&planar, from: first) }
    if !count.isMultiple(of: 16) {
      for index in count - 16..<count { planar[index] = uniform(&twister) }
      makeNormal(&planar, from: count - 16)
    }
    return tokenMajor(planar, channels: channels)
  }

  private static func uniform(_ twister: inout MersenneTwister) -> Float {
    Float(twister.bits() & 0xff_ffff) * 0x1p-24
  }

  /// Turns 16 uniform numbers into normal ones.
  private static func makeNormal(_ numbers: inout [Float], from first: Int) {
    for index in first..<first + 8 {
      let radius = (-2 * logf(1 - numbers[index])).squareRoot()
      let angle = 2 * Float.pi * numbers[index + 8]
      numbers[index] = radius * cosf(angle)
      numbers[index + 8] = radius * sinf(angle)
    }
  }

  /// `[C, T]` turned into `[T, C]`.
  public static func tokenMajor(_ planar: [Float], channels: Int) -> [Float] {
    precondition(channels > 0 && planar.count.isMultiple(of: channels), "all channels are whole")
    let tokens = planar.count / channels
    return [Float](capacity: planar.count) { output in
      for token in 0..<tokens {
        for channel in 0..<channels { output.append(planar[channel * tokens + token]) }
      }
    }
  }
}
