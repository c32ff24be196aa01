internal import CKernels

/// The 16 levels of ggml's nonlinear 4-bit types, which lie closer around zero, where weights are.
enum NonlinearTable {
  static let levels: InlineArray<16, Float> = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]
}

/// IQ4_NL: 32 values, an f16 scale d and indices of levels: d · level.
struct NonlinearBlocks: BlockCoding {
  private let loops = BlockLoops(mmdit_grid(low: -127, high: 113, is_table: 1))
  private var values = [Float](repeating: 0, count: 32)
  private var weights = [Float](repeating: 0, count: 32)

  /// The widest gap between levels is 23 and the largest level 113: with a scale that covers every
  /// value, one is off by at most 11.5/113 of the largest magnitude. The search may do worse by a
  /// factor of 2 before it is overruled; a hundredth more holds the roundings to f16 and float.
  static let errorShare: Float = 2 * 11.5 / 113 * 1.01

  mutating func encode(_ block: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Bool {
    var magnitude: Float = 0
    for index in block.indices where block[index].magnitude > magnitude.magnitude {
      magnitude = block[index]
    }
    let exponent = magnitude == 0 ? 0 : min(max(Int(magnitude.exponent), -126), 126)
    let normalizer = Float(bitPattern: UInt32(127 - exponent) << 23)
    let denormalizer = Float(bitPattern: UInt32(127 + exponent) << 23)
    var squares: Float = 0
    for index in block.indices {
      values[index] = block[index] * normalizer
      squares += values[index] * values[index]
    }
    for index in block.indices {
      weights[index] = 2 * squares / 32 + values[index] * values[index]
    }
    magnitude *= normalizer
    var codes = InlineArray<32, UInt8>(repeating: 0)
    var scale = Float16(0)
    if magnitude != 0 {
      let cover = magnitude / NonlinearTable.levels[0]
      scale = Self.stored(cover * denormalizer)
      guard scale.isFinite else { return false }
      search(cover, normalizer, denormalizer, &scale)
      writeCodes(Float(scale) * normalizer, &codes)
      if largestError(Float(scale) * normalizer, codes) > Self.errorShare * magnitude.magnitude
        + SuperBlockSearch.smallError * normalizer
      {
        scale = Self.stored(magnitude.magnitude / NonlinearTable.levels[15] * denormalizer)
        guard scale.isFinite else { return false }
      }
    }
    writeCodes(Float(scale) * normalizer, &codes)
    bytes.store(scale, at: 0)
    for index in 0..<16 { bytes[2 + index] = codes[index] | codes[index + 16] << 4 }
    return true
  }

  /// Two rounds of 16 candidates: least squares for shares of the scale that just fits, then for
  /// scales around the best. All are rounded to f16 before they are measured. A scale of 0 is best
  /// for values far below the least f16 number: no level is 0.
  private func search(
    _ cover: Float, _ normalizer: Float, _ denormalizer: Float, _ scale: inout Float16
  ) {
    var least: Float = 0
    for index in values.indices { least += weights[index] * values[index] * values[index] }
    scale = 0
    var center = cover
    for shares in [SuperBlockGrid.iq4XS.groupShares, Self.fineShares] {
      let fitted = loops.fit(
        values.span, weights.span, hasOffset: false, GroupCandidates(scales: center * shares))
      var scales = SIMD16<Float>.zero
      for lane in 0..<16 {
        let number = Self.stored(fitted[Int32(lane)].scale * denormalizer)
        scales[lane] = number.isFinite ? Float(number) * normalizer : 0
      }
      let candidates = GroupCandidates(scales: scales)
      let found = loops.best(values.span, weights.span, candidates)
      if found.error < least {
        least = found.error
        center = candidates[found.index].scale
        scale = Float16(center * denormalizer)
      }
    }
  }

  private static let fineShares = SIMD16<Float>(
    0.976, 0.979, 0.982, 0.985, 0.988, 0.991, 0.994, 0.997, 1.003, 1.006, 1.009, 1.012, 1.015,
    1.018, 1.021, 1.024)

  private static func stored(_ scale: Float) -> Float16 {
    let number = Float16(scale)
    return number == 0 && scale != 0
      ? Float16(signOf: number, magnitudeOf: .leastNonzeroMagnitude) : number
  }

  private func writeCodes(_ scale: Float, _ codes: inout InlineArray<32, UInt8>) {
    var output = codes.mutableSpan
    loops.codes(values.span, GroupFit(scale: scale), into: &output)
  }

  private func largestError(_ scale: Float, _ codes: InlineArray<32, UInt8>) -> Float {
    values.indices.reduce(0) { largest, index in
      max(largest, (values[index] - scale * NonlinearTable.levels[Int(codes[index])]).magnitude)
    }
  }
}

extension DecodeBlock {
  static func iq4NL(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for index in 0..<16 {
      let byte = Int(bytes[2 + index])
      values[index] = scale * NonlinearTable.levels[byte & 15]
      values[index + 16] = scale * NonlinearTable.levels[byte >> 4]
    }
  }
}
