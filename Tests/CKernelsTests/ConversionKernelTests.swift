import CKernels
import Scalars
import Testing

@Suite struct ConversionKernelTests {
  @Test func bfloat16DecodesExactlyAtEveryLevel() {
    let codes = Array(UInt16.min...UInt16.max)
    for level in levels {
      var values = [Float](repeating: 0, count: codes.count)
      unsafe mmdit_bf16_to_f32(level, codes, &values, codes.count)
      #expect(values.map(\.bitPattern) == codes.map { UInt32($0) << 16 })
    }
  }

  @Test func binary16DecodesExactlyAtEveryLevel() {
    let codes = Array(UInt16.min...UInt16.max)
    let expected = codes.map { Float(Float16(bitPattern: $0)) }
    for level in levels {
      var values = [Float](repeating: 0, count: codes.count)
      unsafe mmdit_f16_to_f32(level, codes, &values, codes.count)
      let isRight = zip(values, expected).allSatisfy {
        $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
      }
      #expect(isRight)
    }
  }

  @Test func binary16NaNsBecomeQuietAndKeepTheirPayload() {
    let codes: [UInt16] = [0x7c01, 0xfc01, 0x7e00, 0xffff, 0x7dff, 0xfdff, 0x7c01, 0x7c02, 0x7c01]
    let expected = codes.map {
      UInt32($0 & 0x8000) << 16 | 0x7fc0_0000 | UInt32($0 & 0x3ff) << 13
    }
    for level in levels {
      var values = [Float](repeating: 0, count: codes.count)
      unsafe mmdit_f16_to_f32(level, codes, &values, codes.count)
      // Read through memory: passing a signalling NaN by value may quiet it.
      let bits = unsafe values.withUnsafeBytes { unsafe Array($0.bindMemory(to: UInt32.self)) }
      #expect(bits == expected)
    }
  }

  @Test func bfloat16EncodesLikeTheScalarTypeAtEveryLevelAndLength() {
    for count in lengths {
      let values = mixedValues(count, seed: UInt64(count))
      let expected = values.map { BFloat16($0).bitPattern }
      for level in levels {
        var codes = [UInt16](repeating: 0, count: count)
        unsafe mmdit_f32_to_bf16(level, values, &codes, count)
        #expect(codes == expected, "level \(level), \(count) values")
      }
    }
  }

  @Test func decodingAtAnyLengthAndAlignmentTouchesOnlyItsValues() {
    let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for count in lengths {
      for level in levels {
        var values = [Float](repeating: -7, count: count + 1)
        unsafe bytes.withUnsafeBytes { raw in
          guard let base = raw.baseAddress else { return }
          unsafe mmdit_bf16_to_f32(level, base + 1, &values, count)
        }
        #expect(values[count] == -7)
        for index in 0..<count {
          let bits = UInt32(bytes[2 * index + 1]) << 16 | UInt32(bytes[2 * index + 2]) << 24
          #expect(values[index].bitPattern == bits)
        }
      }
    }
  }
}
