import CKernels
import Testing

/// The level of a value as `kernels.h` defines it, in plain Swift.
func expectedLevel(_ value: Float, _ quantizer: mmdit_quantizer) -> Float {
  let level = (value * quantizer.inverse_scale).rounded(.toNearestOrEven)
  return level.isNaN ? quantizer.low : Swift.min(Swift.max(level, quantizer.low), quantizer.high)
}

let quantizers = [
  mmdit_quantizer(inverse_scale: 40, low: -127, high: 127, offset: 0),
  mmdit_quantizer(inverse_scale: 40, low: -100, high: 155, offset: 100),
  mmdit_quantizer(inverse_scale: -2, low: -8, high: 7, offset: 8),
  mmdit_quantizer(inverse_scale: 2, low: 0, high: 15, offset: 0),
  mmdit_quantizer(inverse_scale: 2, low: -15, high: 0, offset: 15),
]

@Suite struct CodeKernelTests {
  @Test func codesFollowTheirDefinitionAtEveryLevelAndLength() {
    for count in lengths {
      let values = mixedValues(count, seed: UInt64(count))
      for quantizer in quantizers {
        let expected = values.map {
          UInt8(truncatingIfNeeded: Int32(expectedLevel($0, quantizer)) + quantizer.offset)
        }
        for level in levels {
          var codes = [UInt8](repeating: 0xa5, count: count + 1)
          unsafe mmdit_quantize_bytes(level, values, count, quantizer, &codes)
          #expect(codes == expected + [0xa5], "level \(level), \(count) values")
        }
      }
    }
  }

  @Test func nibblesHoldTheEvenIndexLow() {
    for count in lengths {
      let values = mixedValues(count, seed: UInt64(count))
      for quantizer in quantizers.suffix(3) {
        let codes = values.map { UInt8(Int32(expectedLevel($0, quantizer)) + quantizer.offset) }
        let expected = stride(from: 0, to: count, by: 2).map { index in
          codes[index] | (index + 1 < count ? codes[index + 1] << 4 : 0)
        }
        for level in levels {
          var bytes = [UInt8](repeating: 0xa5, count: expected.count + 1)
          unsafe mmdit_quantize_nibbles(level, values, count, quantizer, &bytes)
          #expect(bytes == expected + [0xa5], "level \(level), \(count) values")
        }
      }
    }
  }

  @Test func halvesRoundToTheEvenLevel() {
    let values: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5]
    let quantizer = mmdit_quantizer(inverse_scale: 1, low: -127, high: 127, offset: 0)
    for level in levels {
      var codes = [UInt8](repeating: 0, count: 6)
      unsafe mmdit_quantize_bytes(level, values, 6, quantizer, &codes)
      #expect(codes.map { Int8(bitPattern: $0) } == [0, 2, 2, 0, -2, -2])
    }
  }

  @Test func everyCodeDequantizesToScaleTimesItsDistanceFromZero() {
    let codes = Array(UInt8.min...UInt8.max)
    for count in Array(lengths) + [256] {
      for level in levels {
        for scale in [Float(0.3), -0.7, .leastNonzeroMagnitude, 1e37] {
          var values = [Float](repeating: 9, count: count + 1)
          unsafe mmdit_dequantize_int8(level, codes, count, scale, &values)
          #expect(
            values == codes.prefix(count).map { scale * Float(Int8(bitPattern: $0)) } + [9])
          unsafe mmdit_dequantize_uint8(level, codes, count, scale, 100, &values)
          #expect(values == codes.prefix(count).map { scale * Float(Int($0) - 100) } + [9])
          unsafe mmdit_dequantize_nibbles(level, codes, count, scale, 8, &values)
          let nibbles = codes.flatMap { [Int($0 & 15), Int($0 >> 4)] }
          #expect(values == nibbles.prefix(count).map { scale * Float($0 - 8) } + [9])
        }
      }
    }
  }
}
