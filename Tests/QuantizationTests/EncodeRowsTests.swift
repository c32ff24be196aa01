import Quantization
import Scalars
import Testing

private func scheme(_ description: String) throws -> Scheme {
  try #require(Scheme(description))
}

@Suite struct EncodeRowsTests {
  @Test func symmetricInt8PutsTheLargestMagnitudeAt127() throws {
    let found = try quantize(
      [1, -127, 63.5, 0], columns: 4, scheme("int8 row symmetric f32 absmax"))
    #expect(found.scales == [0, 0, 0x80, 0x3f])
    // 63.5 lies between 63 and 64: the even one.
    #expect(found.codes.map { Int8(bitPattern: $0) } == [1, -127, 64, 0])
  }

  @Test func symmetricInt4PutsTheLargestMagnitudeAtLevelMinusEight() throws {
    let scheme = try scheme("int4 row symmetric f32 absmax")
    // m = 4: scale −1/2. Levels −8, 7, 1, 0 are stored 0, 15, 9, 8; even columns low.
    let found = try quantize([4, -3.5, -0.5, 0, 4], columns: 5, scheme)
    #expect(storedScales(found, scheme) == [-0.5])
    #expect(found.codes == [0xf0, 0x89, 0x00])
    #expect(dequantize(found, rows: 1, columns: 5, scheme) == [4, -3.5, -0.5, 0, 4])
  }

  @Test func theFirstOfEqualMagnitudesGivesTheSign() throws {
    let scheme = try scheme("int4 row symmetric f32 absmax")
    #expect(storedScales(try quantize([8, -8], columns: 2, scheme), scheme) == [-1])
    #expect(storedScales(try quantize([-8, 8], columns: 2, scheme), scheme) == [1])
  }

  @Test func asymmetricRangesAreWidenedToZero() throws {
    let scheme = try scheme("int4 row asymmetric f32 absmax")
    let positive = try quantize([15, 30], columns: 2, scheme)
    #expect(positive == Segments(codes: [0xf8], scales: [0, 0, 0, 0x40], zeroPoints: [0]))
    let negative = try quantize([-15, -30], columns: 2, scheme)
    // −15/2 rounds to −8, −30/2 is −15; z = 15.
    #expect(negative == Segments(codes: [0x07], scales: [0, 0, 0, 0x40], zeroPoints: [15]))
  }

  @Test(arguments: Scheme.all)
  func aGroupOfZerosHasScaleZeroAndDecodesToZero(_ scheme: Scheme) throws {
    let found = try quantize([0, -0.0, 0, 0, 0], columns: 5, scheme)
    #expect(storedScales(found, scheme) == [0])
    let code: UInt8 = scheme.codeWidth == .int4 && scheme.symmetry == .symmetric ? 8 : 0
    let expected: [UInt8] =
      scheme.codeWidth == .int8
      ? [code, code, code, code, code] : [code | code << 4, code | code << 4, code]
    #expect(found.codes == expected)
    #expect(found.zeroPoints.allSatisfy { $0 == 0 })
    #expect(dequantize(found, rows: 1, columns: 5, scheme) == [0, 0, 0, 0, 0])
  }

  /// The value of a code lies within half a step of the weight, or the weight is beyond the last
  /// level by no more than the code's distance: |w − ŵ| ≤ max(|s|/2, |w| − reach). Rounding adds:
  /// the reciprocal and the product are each off by 2^-24 relatively, at most 255 levels away from
  /// zero, so the rounding decision by 2 · 256 · 2^-24 steps, and the product that decodes by 2^-24
  /// of at most 255 steps; together below 2^-14 steps. A zero point rounds to an integer, so the
  /// ends of an asymmetric range may lie half a step beyond the levels: a whole step. A rounded
  /// scale (bf16: 2^-9 relatively) moves the ends by 255 · 2^-9 of a step, below half a step more.
  @Test(arguments: Scheme.all.filter { $0.clipping == .absoluteMaximum })
  func everyWeightIsNearItsCode(_ scheme: Scheme) throws {
    for scale in [Float(1), 1e-3, 100] {
      let columns = 200
      let values = normalValues(3 * columns, scale: scale, seed: 17)
      let found = try quantize(values, columns: columns, scheme)
      let decoded = dequantize(found, rows: 3, columns: columns, scheme)
      let scales = storedScales(found, scheme)
      let width = scheme.group.columns ?? columns
      let groups = scheme.groupsPerRow(columns: columns)
      for index in values.indices {
        let step = abs(scales[index / columns * groups + index % columns / width])
        let bound: Float
        switch (scheme.symmetry, scheme.codeWidth) {
        case (.symmetric, .int8): bound = max(step / 2, abs(values[index]) - 127 * step)
        // Level 8 is missing on one side.
        case (.symmetric, .int4): bound = max(step / 2, abs(values[index]) - 7 * step)
        case (.asymmetric, _): bound = 1.5 * step
        }
        #expect(abs(values[index] - decoded[index]) <= bound + 0x1p-14 * step)
      }
    }
  }

  @Test(arguments: Scheme.all)
  func splittingRowsSplitsTheSegments(_ scheme: Scheme) throws {
    let columns = 37
    let values = normalValues(4 * columns, seed: 23)
    let whole = try quantize(values, columns: columns, scheme)
    for cut in 0...4 {
      let upper = try quantize(Array(values[..<(cut * columns)]), columns: columns, scheme)
      let lower = try quantize(Array(values[(cut * columns)...]), columns: columns, scheme)
      #expect(upper + lower == whole)
    }
  }

  /// Every number of columns up to 130, so that groups, vectors and nibbles end everywhere.
  @Test(arguments: Scheme.all)
  func allLevelsOfInstructionsGiveTheSameBytes(_ scheme: Scheme) throws {
    for columns in 1...130 {
      let values = normalValues(columns, scale: 0.02, seed: UInt64(columns))
      let expected = try quantize(values, columns: columns, scheme, level: .scalar)
      let decoded = dequantize(expected, rows: 1, columns: columns, scheme, level: .scalar)
      for level in KernelLevel.available {
        let found = try quantize(values, columns: columns, scheme, level: level)
        #expect(found == expected)
        #expect(dequantize(found, rows: 1, columns: columns, scheme, level: level) == decoded)
      }
    }
  }

  @Test(arguments: Scheme.all)
  func noColumnsAndNoRowsAreNothing(_ scheme: Scheme) throws {
    let nothing = Segments(codes: [], scales: [], zeroPoints: [])
    #expect(try quantize([], columns: 0, scheme) == nothing)
    #expect(try quantize([], columns: 9, scheme) == nothing)
    #expect(dequantize(nothing, rows: 0, columns: 9, scheme) == [])
  }
}
