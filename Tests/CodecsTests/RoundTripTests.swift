import Codecs
import Tensors
import Testing

/// What holds for every codec.
@Suite struct RoundTripTests {
  /// Three units of 128 rows, the last not full; 128 columns are whole groups of every size.
  private let shape = Shape([300, 128])

  @Test(arguments: AnyCodec.all)
  func chunksHaveTheBytesOfTheWhole(_ item: AnyCodec) throws {
    let values = weights(rows: 300, columns: 128)
    let whole = try encode(values, shape, item.codec)
    #expect(try encode(values, shape, item.codec, unitsPerChunk: 1) == whole)
    #expect(try encode(values, shape, item.codec, unitsPerChunk: 2) == whole)
  }

  @Test(arguments: AnyCodec.all)
  func someRowsDecodeAsInTheWhole(_ item: AnyCodec) throws {
    let bytes = try encode(weights(rows: 300, columns: 128), shape, item.codec)
    let whole = try decode(bytes, shape, item.codec)
    for rows in [0..<128, 128..<300, 256..<300] {
      let part = try decode(bytes, shape, item.codec, rows: rows)
      #expect(bits(part) == bits(Array(whole[rows.lowerBound * 128..<rows.upperBound * 128])))
    }
  }

  /// Blocks reach over rows of 96, end inside the last row and are filled up.
  @Test(arguments: AnyCodec.all)
  func blocksMayEndInsideTheMatrix(_ item: AnyCodec) throws {
    let shape = Shape([135, 96])
    guard item.codec.objection(to: shape) == nil else { return }
    let values = weights(rows: 135, columns: 96)
    let whole = try encode(values, shape, item.codec)
    #expect(try encode(values, shape, item.codec, unitsPerChunk: 1) == whole)
    expectWithinBound(values, try decode(whole, shape, item.codec), shape, item.codec)
  }

  @Test(arguments: AnyCodec.all)
  func valuesAreWithinTheBound(_ item: AnyCodec) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let values = weights(rows: 300, columns: 128, seed: seed)
      let decoded = try decode(try encode(values, shape, item.codec), shape, item.codec)
      expectWithinBound(values, decoded, shape, item.codec)
    }
  }

  @Test(arguments: AnyCodec.all)
  func zerosAreZeros(_ item: AnyCodec) throws {
    let zeros = [Float](repeating: 0, count: 300 * 128)
    #expect(try decode(try encode(zeros, shape, item.codec), shape, item.codec) == zeros)
  }

  @Test(arguments: AnyCodec.all)
  func aWeightThatIsNoNumberIsNamed(_ item: AnyCodec) {
    for value in [Float.nan, .infinity, -.infinity] {
      var values = weights(rows: 300, columns: 128)
      values[260 * 128 + 7] = value
      #expect(throws: CodecFailure.notFinite(row: 260, column: 7, value: "\(value)")) {
        try encode(values, shape, item.codec, unitsPerChunk: 2)
      }
    }
  }

  @Test(arguments: AnyCodec.all)
  func aMatrixWithoutValuesIsRefused(_ item: AnyCodec) {
    #expect(item.codec.objection(to: Shape([0, 128])) != nil)
    #expect(item.codec.objection(to: Shape([2, 0])) != nil)
    #expect(item.codec.objection(to: Shape([128])) != nil)
    #expect(item.codec.objection(to: shape) == nil)
  }

  /// The largest magnitude of a unit counts, or the matrix's where there is a survey. Rows without
  /// large values are beyond the subnormal numbers of float16 scales.
  private func expectWithinBound(
    _ values: [Float], _ decoded: [Float], _ shape: Shape, _ codec: any MatrixCodec
  ) {
    func largest(_ range: Range<Int>) -> Float {
      values[range].reduce(0) { max($0, $1.magnitude) }
    }
    let columns = shape.columns
    let hasHalves = codec.arrays(of: shape).contains { $0.elementType == .float16 }
    for row in 0..<shape.rows {
      let range = row * columns..<(row + 1) * columns
      if hasHalves && largest(range) < 1e-3 { continue }
      let unit =
        codec.survey == .none ? codec.units(around: row..<row + 1, of: shape) : 0..<shape.rows
      let bound =
        codec.errorBound * largest(unit.lowerBound * columns..<unit.upperBound * columns)
      let error = range.reduce(0) { max($0, (values[$1] - decoded[$1]).magnitude) }
      #expect(error <= bound, "row \(row)")
    }
  }
}
