import Codecs
import Failures
import GGUF
import Quantization
import Scalars
import Tensors
import TestSupport
import Testing

@Suite struct BlockCodecTests {
  private static let blocks = BlockType.allCases.filter { $0.elementsPerBlock > 1 }

  @Test(arguments: BlockType.allCases)
  func aMatrixIsOneArrayOfItsRowsBlocks(_ type: BlockType) {
    let shape = Shape([3, 512])
    let byteCount = 512 / type.elementsPerBlock * type.bytesPerBlock
    #expect(
      type.arrays(of: shape) == [
        CodeArray("weight", .uint8, [3, byteCount], .units(byteCount: byteCount))
      ])
    #expect(type.objection(to: shape) == nil)
    #expect(type.objection(to: Shape([512])) == "a matrix")
  }

  @Test(arguments: blocks)
  func columnsThatDoNotFillBlocksAreRefused(_ type: BlockType) {
    let count = type.elementsPerBlock
    #expect(
      type.objection(to: Shape([4, 3 * count + 16])) == "columns that are a multiple of \(count)")
  }

  @Test(arguments: BlockType.allCases)
  func rowsEncodeApartToTheSameBytes(_ type: BlockType) throws {
    let shape = Shape([4, 512])
    let values = randomValues(2048, seed: 3)
    let whole = try type.encode(values.span, rows: 0..<4, of: shape, after: .init())
    let parts = try (0..<4).map { row in
      try type.encode(
        Array(values[512 * row..<512 * row + 512]).span, rows: row..<row + 1, of: shape,
        after: .init())[0]
    }
    #expect(whole == [parts.flatMap(\.self)])
  }

  @Test(arguments: BlockType.allCases)
  func everyErrorIsWithinTheBound(_ type: BlockType) throws {
    var sets = try [BlockGoldens.floats("values.f32")]
    for exponent in stride(from: -40, through: 3, by: 1) {
      var scale: Float = 1
      for _ in 0..<exponent.magnitude { scale *= exponent < 0 ? 0.1 : 10 }
      sets.append(randomValues(512, seed: UInt64(100 + exponent)).map { $0 * scale })
      // One value that towers over the others, of either sign.
      sets.append(sets[sets.count - 1].enumerated().map { $0 % 256 == 9 ? -scale : $1 / 1000 })
      sets.append(sets[sets.count - 2].enumerated().map { $0 % 256 == 9 ? scale : $1 / 1000 })
    }
    for values in sets {
      let decoded = try decode(encode(values, type), type)
      for begin in stride(from: 0, to: values.count, by: 256) {
        let range = begin..<begin + 256
        let largest = values[range].reduce(0) { max($0, $1.magnitude) }
        let error = range.reduce(Float(0)) { max($0, (values[$1] - decoded[$1]).magnitude) }
        #expect(
          error <= type.errorBound * largest + type.smallErrorBound, "\(type), largest \(largest)")
      }
    }
  }

  @Test(arguments: BlockType.allCases)
  func zerosStayZeros(_ type: BlockType) throws {
    let zeros = [Float](repeating: 0, count: 512)
    #expect(try decode(encode(zeros, type), type) == zeros)
    let small = [Float](repeating: .leastNonzeroMagnitude, count: 256)
    #expect(try decode(encode(small, type), type).allSatisfy { $0.magnitude <= 0x1p-18 })
  }

  @Test(arguments: BlockType.allCases, [Float.nan, .infinity, -.infinity])
  func aValueThatIsNotFiniteIsNamed(_ type: BlockType, _ value: Float) throws {
    var values = randomValues(1024, seed: 5)
    values[700] = value
    #expect(throws: CodecFailure.notFinite(row: 3, column: 188, value: "\(value)")) {
      _ = try type.encode(
        values.span, rows: 2..<4, of: Shape([8, 512]), after: .init())
    }
  }

  @Test(arguments: BlockType.allCases.filter { $0 != .f32 && $0 != .bf16 })
  func aScaleBeyondHalfPrecisionIsNamed(_ type: BlockType) throws {
    var values = randomValues(1024, seed: 6)
    values[700] = -3e38
    let column = 188 / type.elementsPerBlock * type.elementsPerBlock
    let limit = type == .f16 ? "beyond F16" : "whose scale is beyond f16"
    #expect(
      throws: CodecFailure.notFinite(row: 3, column: column, value: "-3e+38, \(limit)")
    ) {
      _ = try type.encode(
        values.span, rows: 2..<4, of: Shape([8, 512]), after: .init())
    }
  }

  @Test func whatRoundsBeyondBFloat16IsNamed() throws {
    let largest = Float(bitPattern: 0x7f7f_7fff)
    #expect(try decode(encode([largest], .bf16), .bf16) == [Float(bitPattern: 0x7f7f_0000)])
    #expect(
      throws: CodecFailure.notFinite(
        row: 0, column: 0, value: "\(Float.greatestFiniteMagnitude), beyond BF16")
    ) {
      _ = try encode([.greatestFiniteMagnitude], .bf16)
    }
  }

  @Test func levelsOfGroupsOf32AreCarriedAsTheyAre() throws {
    let shape = Shape([3, 96])
    for (type, width) in [(BlockType.q80, Scheme.CodeWidth.int8), (.q40, .int4)] {
      let scheme = Scheme(width, group: .columns32, scaleType: .float16)
      #expect(type.carries(scheme, shape: shape))
      #expect(!type.carries(scheme, shape: Shape([3, 80])))
      var generator = SeededGenerator(seed: 8)
      let range: ClosedRange<Int8> = width == .int8 ? -127...127 : -8...7
      let levels = (0..<288).map { _ in Int8.random(in: range, using: &generator) }
      let scales = (0..<9).map { Float(Float16($0 - 4) / 100) }
      let bytes = type.pack(
        levels: levels.span, scales: scales.span, rows: 0..<3, of: shape, scheme: scheme)
      #expect(
        try decode(bytes[0], type) == levels.indices.map { scales[$0 / 32] * Float(levels[$0]) })
    }
  }

  @Test(arguments: BlockType.allCases)
  func noOtherSchemeIsCarried(_ type: BlockType) {
    let carried = Scheme.all.filter { type.carries($0, shape: Shape([2, 256])) }
    let widths = Set(carried.map(\.codeWidth))
    #expect(widths == (type == .q80 ? [.int8] : type == .q40 ? [.int4] : []))
    for scheme in carried {
      #expect(
        scheme.group == .columns32 && scheme.symmetry == .symmetric
          && scheme.scaleType == .float16)
    }
  }
}

private func randomValues(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}
