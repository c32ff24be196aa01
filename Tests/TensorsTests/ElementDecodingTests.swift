import Scalars
import Tensors
import Testing

private func decode(
  _ bytes: [UInt8], _ type: ElementType, startingAt first: Int = 0, count: Int
) -> [Float] {
  var values = [Float](repeating: -99, count: count)
  var span = values.mutableSpan
  unsafe decodeElements(bytes.span.bytes, of: type, startingAt: first, into: &span)
  return values
}

private func littleEndian<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
  values.flatMap { value in
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

@Suite struct ElementDecodingTests {
  @Test func integersDecodeWithTheirSign() {
    #expect(decode([0, 1, 127, 128, 255], .uint8, count: 5) == [0, 1, 127, 128, 255])
    #expect(decode([0, 1, 127, 128, 255], .int8, count: 5) == [0, 1, 127, -128, -1])
    #expect(decode(littleEndian([UInt16(0x1234)]), .uint16, count: 1) == [4660])
    #expect(decode(littleEndian([Int16.min, -2]), .int16, count: 2) == [-32768, -2])
    #expect(decode(littleEndian([UInt32.max]), .uint32, count: 1) == [0x1p32])
    #expect(decode(littleEndian([Int32(-7)]), .int32, count: 1) == [-7])
    #expect(decode(littleEndian([UInt64.max]), .uint64, count: 1) == [0x1p64])
    #expect(decode(littleEndian([Int64.min, 3]), .int64, count: 2) == [-0x1p63, 3])
    #expect(decode([0, 1, 2, 255], .bool, count: 4) == [0, 1, 1, 1])
  }

  /// 2^24 + 1 lies halfway between two floats and goes to the even one, 2^24 + 3 to the other.
  @Test func wideIntegersRoundToNearestEven() {
    let values: [Int32] = [(1 << 24) + 1, (1 << 24) + 3]
    #expect(decode(littleEndian(values), .int32, count: 2) == [0x1p24, 0x1p24 + 4])
  }

  @Test func floatsDecodeFromTheirBits() {
    let numbers: [Double] = [0.1, -2, 1e300, .leastNonzeroMagnitude]
    #expect(
      decode(littleEndian(numbers.map(\.bitPattern)), .float64, count: 4)
        == [0.1, -2, .infinity, 0])
    let singles: [Float] = [0.1, -.infinity, .leastNonzeroMagnitude]
    #expect(decode(littleEndian(singles.map(\.bitPattern)), .float32, count: 3) == singles)
    let halves: [Float16] = [0.1, -65504, .leastNonzeroMagnitude]
    #expect(
      decode(littleEndian(halves.map(\.bitPattern)), .float16, count: 3) == halves.map { Float($0) }
    )
    #expect(decode([0x80, 0x3f, 0x00, 0xc0], .bfloat16, count: 2) == [1, -2])
  }

  @Test(arguments: [
    (ElementType.float8E4M3, SmallFloat.e4m3), (.float8E5M2, .e5m2),
    (.float8E4M3Fnuz, .e4m3fnuz), (.float8E5M2Fnuz, .e5m2fnuz),
  ])
  func everyEightBitCodeDecodesByItsTable(_ type: ElementType, _ format: SmallFloat) {
    let values = decode(Array(0...255), type, count: 256)
    #expect(values.map { $0.isNaN ? nil : $0 } == format.values.map { $0.isNaN ? nil : $0 })
  }

  @Test func exponentsDecodeToPowersOfTwo() {
    #expect(decode([127, 128, 117, 0], .exponent8, count: 4) == [1, 2, 0x1p-10, 0x1p-127])
  }

  /// Packs codes bit by bit, as the documentation words it, and decodes every range of them.
  @Test(arguments: [
    (ElementType.float4, SmallFloat.e2m1), (.float6E2M3, .e2m3), (.float6E3M2, .e3m2),
  ])
  func packedCodesDecodeFromAnyElement(_ type: ElementType, _ format: SmallFloat) {
    let width = format.bitWidth
    let codes = (0..<32).map { ($0 * 29 + 3) % (1 << width) }
    var bytes = [UInt8](repeating: 0, count: codes.count * width / 8)
    for (index, code) in codes.enumerated() {
      for bit in 0..<width where code >> bit & 1 == 1 {
        let place = index * width + bit
        bytes[place / 8] |= 1 << UInt8(place % 8)
      }
    }
    let expected = codes.map { format.values[$0] }
    for first in 0...codes.count {
      for end in first...codes.count {
        let found = decode(bytes, type, startingAt: first, count: end - first)
        #expect(found == Array(expected[first..<end]))
      }
    }
  }

  @Test func theLowNibbleComesFirst() {
    #expect(decode([0x21, 0x97], .float4, count: 4) == [0.5, 1, 6, -0.5])
  }

  @Test func wholeByteTypesDecodeFromAnyElement() {
    let bytes = littleEndian((0..<20).map { Int16($0 * 100) })
    for first in 0...20 {
      let found = decode(bytes, .int16, startingAt: first, count: 20 - first)
      #expect(found == (first..<20).map { Float($0 * 100) })
    }
  }

  @Test func elementsBeyondTheBytesTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = decode([0, 0, 0], .bfloat16, count: 2)
    }
    await #expect(processExitsWith: .failure) {
      _ = decode([0, 0, 0], .float6E2M3, startingAt: 3, count: 2)
    }
    await #expect(processExitsWith: .failure) {
      _ = decode([0, 0], .uint8, startingAt: .max, count: 1)
    }
  }

  @Test func complexNumbersTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = decode([UInt8](repeating: 0, count: 8), .complex64, count: 1)
    }
  }

  @Test func everyTypeButTheComplexOneDecodes() {
    for type in ElementType.allCases where type.isReal {
      // 24 bytes hold whole elements of every width.
      let count = 192 / type.bitWidth
      let zero: Float = type == .exponent8 ? 0x1p-127 : 0
      let found = decode([UInt8](repeating: 0, count: 24), type, count: count)
      #expect(found == [Float](repeating: zero, count: count))
    }
  }
}
