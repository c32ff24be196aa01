internal import CKernels

extension BlockType {
  /// By how much a decoded value can differ, as a share of its row's largest magnitude M; besides
  /// `smallErrorBound`, which matters where scales are below the normal numbers of f16.
  ///
  /// - F32 is exact. F16 rounds to 11 bits, BF16 to 8: half a unit in the last place is 2⁻¹¹ and 2⁻⁸
  ///   of the value.
  /// - An f16 scale is off by 2⁻¹¹ of itself, which moves the largest code by 2⁻¹¹ of M at most; of
  ///   a range of 2M by twice that, and its minimum by 2⁻¹¹ of M.
  /// - Q8_0 has steps of M/127 and rounds by half of one.
  /// - Q4_0 and Q5_0 have steps of M/8 and M/16. Opposite to the extreme value the last level is one
  ///   step short of M, so that a value can be off by a whole step.
  /// - Q4_1 and Q5_1 have at most 2M in 15 and 31 steps and round by half of one.
  /// - The others: `SuperBlockGrid.errorShare`.
  ///
  /// A thousandth more holds the roundings of float.
  public var errorBound: Float {
    let half: Float = 0x1p-11
    switch self {
    case .f32: return 0
    case .f16: return half
    case .bf16: return 0x1p-8
    case .q80: return (0.5 / 127 + half) * 1.001
    case .q40: return (1.0 / 8 + half) * 1.001
    case .q50: return (1.0 / 16 + half) * 1.001
    case .q41: return (1.0 / 15 + 3 * half) * 1.001
    case .q51: return (1.0 / 31 + 3 * half) * 1.001
    case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL, .iq4XS:
      guard let grid = SuperBlockGrid(self) else { preconditionFailure("\(name) has a grid") }
      return grid.errorShare
    }
  }

  /// What comes on top of the share, in the unit of the values: numbers below the normal ones of f16
  /// are off by half of 2⁻²⁴, which codes up to 127 multiply, or by 2⁻²⁴ where they are rounded up
  /// (`SuperBlockGrid.smallError`).
  public var smallErrorBound: Float { self == .f32 ? 0 : 0x1p-18 }
}
