import Tensors
import Testing

@Suite struct DoubleDecodingTests {
  private func decode(_ values: [Double], _ type: ElementType) -> (values: [Float], count: Int) {
    let bytes = values.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    var output = [Float](repeating: 0, count: values.count)
    var span = output.mutableSpan
    let count = unsafe decodeDoubles(bytes.span.bytes, toBecome: type, into: &span)
    return (output, count)
  }

  /// 2^128 − 2^103 lies halfway between the largest float32 and what would follow.
  @Test func overflowsOfFloat32AreCounted() {
    let edge = 0x1p128 - 0x1p103
    let (values, count) = decode([edge, -edge, edge.nextDown, 1e300, .infinity, 1], .float32)
    let largest = Float.greatestFiniteMagnitude
    #expect(values == [.infinity, -.infinity, largest, .infinity, .infinity, 1])
    #expect(count == 3)
  }

  @Test(arguments: [ElementType.bfloat16, .float16])
  func narrowerTypesOverflowLater(type: ElementType) {
    let (values, count) = decode([1e300, -1e300, .infinity], type)
    let largest = Float.greatestFiniteMagnitude
    #expect(values == [largest, -largest, .infinity])
    #expect(count == 0)
  }
}
