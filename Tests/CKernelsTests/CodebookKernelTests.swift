import CKernels
import Testing

@Suite struct CodebookKernelTests {
  private let borders: [Float] = [
    -0.85, -0.6, -0.45, -0.33, -0.23, -0.13, -0.04, 0.04, 0.12, 0.2, 0.3, 0.4, 0.5, 0.64, 0.86,
  ]
  private let order: [UInt8] = [15, 14, 13, 12, 11, 10, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8]

  @Test func codesFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      var values = ordinaryValues(count, seed: UInt64(count))
      if count > 90 { for index in 64..<count { values[index] *= 0x1p-130 } }
      if count > 3 { values[3] = -0.0 }
      let blocks = stride(from: 0, to: count, by: 64).map { values[$0..<min($0 + 64, count)] }
      let magnitudes = blocks.map { $0.reduce(Float(0)) { max($0, $1.magnitude) } }
      var codes = values.indices.map { index in
        let value = values[index] * (1 / max(magnitudes[index / 64], 1e-38))
        return order[borders.count { value > $0 }]
      }
      if count % 2 == 1 { codes.append(order[7]) }
      let packed = stride(from: 0, to: codes.count, by: 2).map { codes[$0] << 4 | codes[$0 + 1] }
      for level in levels {
        var found = [UInt8](repeating: 0xa5, count: packed.count + 1)
        var largest = [Float](repeating: 9, count: blocks.count + 1)
        unsafe mmdit_encode_codebook(level, values, count, borders, order, &found, &largest)
        #expect(found == packed + [0xa5], "level \(level), \(count) values")
        #expect(largest == magnitudes + [9])
      }
    }
  }

  @Test func roundingToHalfPrecisionIsThatOfTheLanguageAtEveryLevelAndLength() {
    var special: [Float] = [
      0, .leastNonzeroMagnitude, 0x1p-25, 0x1.8p-25, 0x1p-24, 0x1p-14, 65504, 65519.996, 65520,
      .greatestFiniteMagnitude, 1 + 0x1p-11, 1 + 0x1.8p-10, .infinity,
    ]
    special += special.flatMap { [$0.nextUp, $0.nextDown, -$0] }
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count)).enumerated().map { index, value in
        index % 2 == 0 ? value * 0.001 : special[(index / 2 + count) % special.count]
      }
      for level in levels {
        var rounded = [Float](repeating: 9, count: count + 1)
        unsafe mmdit_round_to_f16(level, values, count, &rounded)
        #expect(rounded == values.map { Float(Float16($0)) } + [9], "level \(level)")
      }
    }
  }

  @Test func extremesAndAffineCodesFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let values = ordinaryValues(count, seed: UInt64(count)).map { $0 - Float(count % 5) }
      for (scale, bias, high) in [(0.3, -2, 15), (-0.02, 3, 255), (1e-30, 0, 3)]
        as [(Float, Float, Float)]
      {
        let expected = values.map {
          UInt8(min(max(($0 - bias) / scale, 0), high).rounded(.toNearestOrEven))
        }
        for level in levels {
          var codes = [UInt8](repeating: 0xa5, count: count + 1)
          unsafe mmdit_affine_codes(level, values, count, scale, bias, high, &codes)
          #expect(codes == expected + [0xa5], "level \(level), \(count) values")
        }
      }
      guard count > 0 else { continue }
      for level in levels {
        let found = unsafe mmdit_find_extremes(level, values, count)
        #expect(found.minimum == values.min() && found.maximum == values.max())
      }
    }
  }
}
