import Codecs
import Tensors
import Testing

/// Compares own values with the library's, which multiplies levels and scale first: u a product, then
/// up to G − 1 roundings of partial sums, each of at most Σ |q s| / √G in the group. One rounding
/// here. 2 u more for products of roundings.
func expectTurnedBack(
  _ own: [Float], _ golden: Golden, _ codec: RotatedInt8Codec
) throws {
  let bytes = try golden.bytes(of: codec)
  let levels = bytes[0].map { Double(Int8(bitPattern: $0)) }
  let scales = numbers(bytes[1]).map(Double.init)
  let group = codec.groupSize
  let unit = Double(group + 3) * 0x1p-24 / Double(group).squareRoot()
  for first in stride(from: 0, to: own.count, by: group) {
    let sum = levels[first..<first + group].reduce(0) { $0 + $1.magnitude }
    let bound = unit * sum * scales[first / golden.shape.columns]
    for index in first..<first + group {
      let difference = Double(own[index]) - Double(golden.decoded[index])
      #expect(difference.magnitude <= bound, "index \(index)")
    }
  }
}

@Suite struct RotatedInt8Tests {
  /// H₄ ⊗ … ⊗ H₄ / √size from its definition.
  private func matrix(_ size: Int) -> [[Double]] {
    let factor: [[Double]] = [[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]
    let root = Double(size).squareRoot()
    return (0..<size).map { row in
      (0..<size).map { column in
        var (product, row, column) = (1 / root, row, column)
        for _ in 0..<(size.trailingZeroBitCount / 2) {
          product *= factor[row % 4][column % 4]
          (row, column) = (row / 4, column / 4)
        }
        return product
      }
    }
  }

  /// Half a step of the row's scale and the roundings of 8 sums, against a product with the matrix.
  @Test(arguments: [16, 64, 256])
  func codesAreThoseOfTheMatrixProduct(_ size: Int) throws {
    let shape = Shape([9, 256])
    let values = weights(rows: 9, columns: 256)
    let bytes = try encode(values, shape, RotatedInt8Codec(groupSize: size))
    let scales = numbers(bytes[1])
    let matrix = matrix(size)
    for first in stride(from: 0, to: values.count, by: size) {
      let group = values[first..<first + size].map(Double.init)
      let sum = group.reduce(0) { $0 + $1.magnitude } / Double(size).squareRoot()
      let scale = Double(scales[first / 256])
      for column in 0..<size {
        let exact = zip(matrix[column], group).reduce(0) { $0 + $1.0 * $1.1 }
        let coded = Double(Int8(bitPattern: bytes[0][first + column])) * scale
        let bound = scale * (0.5 + 127 * 0x1p-21) + 9 * 0x1p-24 * sum
        #expect((coded - exact).magnitude <= bound)
      }
    }
  }

  /// Sums in another order: a rotated value is off by at most 8 roundings of Σ |w| / √G here and by
  /// G − 1 there, and the scale by a 127th of that and a rounding; a code near a half by one level.
  @Test func codesOfTheLibraryAreAtMostOneLevelApart() throws {
    let golden = try Golden("comfy-convrot-256")
    let codec = RotatedInt8Codec(groupSize: 256)
    let encoded = try encode(golden.values, golden.shape, codec)
    let codes = try golden.array("weight").bytes
    for (own, library) in zip(encoded[0], codes) {
      #expect(abs(Int(Int8(bitPattern: own)) - Int(Int8(bitPattern: library))) <= 1)
    }
    let scales = zip(numbers(encoded[1]), numbers(try golden.array("weight_scale").bytes))
    for (row, (own, library)) in scales.enumerated() where own > 0 {
      let sums = stride(from: 512 * row, to: 512 * (row + 1), by: 256).map { first in
        golden.values[first..<first + 256].reduce(Float(0)) { $0 + $1.magnitude } / 16
      }
      let bound = 264 * 0x1p-24 * (sums.max() ?? 0) / 127 + 0x1p-23 * library
      #expect((own - library).magnitude <= bound)
    }
    #expect(try golden.array("comfy_quant").bytes == encoded[2])
  }

  /// An outlier among small weights makes the whole row coarse without a rotation.
  @Test func anOutlierCostsTheOthersLess() throws {
    let shape = Shape([1, 256])
    var values = weights(rows: 1, columns: 256)
    values[77] = 2
    func error(_ codec: some MatrixCodec) throws -> Float {
      let decoded = try decode(try encode(values, shape, codec), shape, codec)
      return zip(values, decoded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    // The largest rotated value is that of the small weights, and 2 / 16: a fifth of the step.
    #expect(
      try error(RotatedInt8Codec(groupSize: 256)) < error(ScaledInt8Codec(.comfyUI)) / 10)
  }

  @Test(arguments: [16, 64, 256])
  func everyRowIsWithinItsOwnBound(_ size: Int) throws {
    let shape = Shape([300, 256])
    let codec = RotatedInt8Codec(groupSize: size)
    for seed in 1...3 as ClosedRange<UInt64> {
      let values = weights(rows: 300, columns: 256, seed: seed)
      let decoded = try decode(try encode(values, shape, codec), shape, codec)
      for row in 0..<300 {
        let range = row * 256..<(row + 1) * 256
        let magnitude = values[range].reduce(0) { max($0, $1.magnitude) }
        let bound = codec.errorBound(ofRow: values.span.extracting(range))
        #expect(bound <= codec.errorBound)
        let error = range.reduce(0) { max($0, (values[$1] - decoded[$1]).magnitude) }
        #expect(error <= bound * magnitude, "row \(row)")
      }
    }
  }

  /// The row of `errorBound`'s derivation: a rotated value of 16, and 256 below half a step.
  @Test func theBoundOfAnyRowIsNeeded() throws {
    let signs = matrix(256)[0].map { Float(16 * $0) }
    let zeros = [Float](repeating: 0, count: 255)
    let values = signs + [1] + zeros
    let shape = Shape([1, 512])
    let codec = RotatedInt8Codec(groupSize: 256)
    let decoded = try decode(try encode(values, shape, codec), shape, codec)
    #expect(decoded == signs + [0] + zeros)
    #expect(codec.errorBound >= 1 && codec.errorBound < 1.01)
  }

  @Test func theLargestGroupsThatFillTheColumns() {
    let sizes = [256, 768, 64, 192, 16, 48].map { RotatedInt8Codec(columns: $0).groupSize }
    #expect(sizes == [256, 256, 64, 64, 16, 16])
    let objection = RotatedInt8Codec(columns: 40).objection(to: Shape([2, 40]))
    #expect(objection == "columns that are a multiple of 16")
  }

  @Test func aSumThatFloat32DoesNotHoldIsRefused() {
    let values = [Float](repeating: 3e38, count: 16)
    #expect(throws: CodecFailure.self) {
      try encode(values, Shape([1, 16]), RotatedInt8Codec(groupSize: 16))
    }
  }
}

/// The float32 numbers in bytes.
private func numbers(_ bytes: [UInt8]) -> [Float] {
  stride(from: 0, to: bytes.count, by: 4).map { first in
    Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[first + $1]) << (8 * UInt32($1)) })
  }
}
