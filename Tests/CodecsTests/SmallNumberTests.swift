import Codecs
import Scalars
import Tensors
import Testing

/// Rounding to numbers of few bits, compared with the tables of the formats.
@Suite struct SmallNumberTests {
  /// Every number of a format, what lies half way to the next, and the neighbours of that.
  private func probes(_ format: SmallFloat) -> [Float] {
    let numbers = Set(format.values.filter { !$0.isNaN }).sorted()
    let middles = zip(numbers, numbers.dropFirst()).map { ($0 + $1) / 2 }
    return (numbers + middles).flatMap { [$0, $0.nextUp, $0.nextDown] }
  }

  /// The number nearest to a value within the format's range, of two the one with an even code.
  private func nearest(_ value: Float, _ format: SmallFloat) -> Float {
    let codes = format.values.indices.filter { !format.values[$0].isNaN }
    let code = codes.min { first, second in
      let errors = [first, second].map { (Double(format.values[$0]) - Double(value)).magnitude }
      return errors[0] == errors[1]
        ? first.isMultiple(of: 2) && !second.isMultiple(of: 2) : errors[0] < errors[1]
    }
    return format.values[code ?? 0]
  }

  /// A row whose largest magnitude is 448 has the scale 1.
  @Test func everyRoundingToFloat8IsToTheNearest() throws {
    let values =
      [448]
      + probes(.e4m3)
      .filter { $0.magnitude <= 448 }
    let shape = Shape([1, values.count])
    let codec = Float8Codec(.bfl, scale: .row)
    let decoded = try decode(try encode(values, shape, codec), shape, codec)
    for (value, found) in zip(values, decoded) {
      #expect(found == nearest(value, .e4m3), "\(value)")
    }
  }

  /// With 2688 in the matrix its scale is 1, and so is that of a block with 6.
  @Test func everyRoundingToFloat4IsToTheNearest() throws {
    let probes = probes(.e2m1).filter { $0.magnitude <= 6 }
    let values =
      probes.flatMap { [6, $0] + [Float](repeating: 0, count: 14) } + [2688]
      + [Float](repeating: 0, count: 15)
    let shape = Shape([1, values.count])
    let codec = NVFP4Codec(.bfl)
    let decoded = try decode(try encode(values, shape, codec), shape, codec)
    for (index, probe) in probes.enumerated() {
      #expect(decoded[16 * index + 1] == nearest(probe, .e2m1), "\(probe)")
    }
  }

  /// Of a matrix with one column each row's `SCB` is its weight's magnitude in float16, which is
  /// tried at every number of float16 and around the middles between them.
  @Test func llmInt8RoundsToFloat16() throws {
    let least: UInt16 = 0x0400
    let numbers = (least...0x7bff).map { Float(Float16(bitPattern: $0)) }
    let values =
      numbers
      + zip(numbers, numbers.dropFirst()).flatMap { low, high in
        let middle = (low + high) / 2
        return [middle, middle.nextUp, middle.nextDown]
      }
    let shape = Shape([values.count, 1])
    let maxima = try encode(values, shape, LLMInt8Codec())[1]
    for (row, value) in values.enumerated() {
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(maxima[4 * row + $1]) << (8 * UInt32($1)) }
      #expect(Float(bitPattern: bits) == Float(Float16(value)))
    }
  }

  /// Below 2⁻¹⁴ float16 loses bits, and the row is not rounded to it.
  @Test func tinyRowsOfLLMInt8KeepTheirLevels() throws {
    let values = (0..<128).map { Float($0) * 1e-9 }
    let shape = Shape([1, 128])
    let decoded = try decode(try encode(values, shape, LLMInt8Codec()), shape, LLMInt8Codec())
    for (value, found) in zip(values, decoded) {
      // 127 levels for 127 steps: only roundings of float32.
      #expect((value - found).magnitude <= 127e-9 * 0x1p-21)
    }
  }
}
