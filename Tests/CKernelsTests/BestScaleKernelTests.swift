import CKernels
import Scalars
import Testing

@Suite struct BestScaleKernelTests {
  private static let types = [MMDIT_SCALE_F32, MMDIT_SCALE_F16, MMDIT_SCALE_BF16]

  private func grid(_ type: Int, fallback: Float = 0.5) -> mmdit_scale_grid {
    mmdit_scale_grid(
      type: Int32(type), least: type == MMDIT_SCALE_F16 ? 0x1p-24 : .leastNormalMagnitude, span: 8,
      fallback: fallback, low: -8, high: 7)
  }

  /// A scale as the header says that it is stored.
  private func stored(_ scale: Float, _ type: Int, _ grid: mmdit_scale_grid) -> Float {
    let rounded =
      switch type {
      case MMDIT_SCALE_F16: Float(Float16(scale))
      case MMDIT_SCALE_BF16: Float(BFloat16(scale))
      default: scale
      }
    guard (rounded.magnitude * grid.span).isFinite else { return grid.fallback }
    guard rounded.magnitude < grid.least else { return rounded }
    return scale < 0 ? -grid.least : grid.least
  }

  /// Ordinary ones, near every limit of the types, and ties of them.
  private func scales(_ seed: UInt64) -> [Float] {
    var generator = SplitMix64(state: seed)
    let limits: [Float] = [
      0x1p-14, 0x1.ffcp-15, 0x1.802p-20, 0x1.8p-24, 0x1p-25, 0x1.002p-3, 0x1.006p-3, 0x1.01p-3,
      0x1.03p-3, 65504, 65519.996, 65520, 0x1p-126, 0x1p-127, 0x1p125, 0x1p127,
    ]
    return (0..<16).map { index in
      let scale =
        seed % 2 == 0
        ? Float.random(in: 0.05...2, using: &generator)
        : limits[(index + Int(seed)) % 16] * Float.random(in: 0.99...1.01, using: &generator)
      return index % 3 == 1 ? -scale : scale
    }
  }

  @Test func theBestIsTheFirstWithTheLeastErrorAtEveryLevel() {
    for count in lengths where count > 0 {
      let values = ordinaryValues(count, seed: UInt64(count))
      let scales = scales(UInt64(count))
      for type in Self.types {
        let grid = grid(type)
        let candidates = scales.map { stored($0, type, grid) * 0.25 }
        let table =
          candidates + candidates.map { 1 / $0 } + [Float](repeating: -8, count: 16)
          + [Float](repeating: 7, count: 16)
        var errors = [Double](repeating: 0, count: 16)
        unsafe mmdit_scale_errors(0, values, count, 0.25, table, &errors)
        let keys = errors.enumerated().map { $1.bitPattern & ~15 | UInt64($0) }
        let best = Int(keys.min().map { $0 & 15 } ?? 0)
        for level in levels {
          let found = unsafe mmdit_best_of_scales(level, values, count, 0.25, scales, grid)
          #expect(comparableBits([found.error]) == comparableBits([errors[best]]))
          #expect(comparableBits([found.first_error]) == comparableBits([errors[0]]))
          #expect(found.scale * 0.25 == candidates[best], "level \(level), \(count) values")
        }
      }
    }
  }

  /// Each scale in turn alone among ones that are far off, so that it is the best.
  @Test func scalesAreRoundedAsTheTypesRoundAtEveryLevel() {
    for seed in UInt64(0)..<200 {
      for scale in scales(seed) {
        for type in Self.types {
          let grid = grid(type)
          let expected = stored(scale, type, grid)
          for level in levels {
            let found = unsafe mmdit_best_of_scales(
              level, [0], 1, 1, [Float](repeating: scale, count: 16), grid)
            #expect(found.scale == expected, "\(scale) as \(type), level \(level)")
          }
        }
      }
    }
  }
}
