import Codecs
import Quantization
import Tensors
import Testing

/// A codec that may take levels and scales as they are, and in what.
struct Carrier: Sendable, CustomTestStringConvertible {
  let codec: any LevelCodec
  let scheme: Scheme
  var testDescription: String { "\(codec) ← \(scheme)" }

  static let shape = Shape([9, 128])
  static let all: [Carrier] = AnyCodec.levels.flatMap { codec in
    Scheme.all.filter { codec.carries($0, shape: shape) }.map { Carrier(codec: codec, scheme: $0) }
  }
}

@Suite struct CarriedLevelTests {
  @Test(arguments: Carrier.all)
  func carriedLevelsDecodeToTheSameBits(_ item: Carrier) throws {
    let shape = Carrier.shape
    let values = weights(rows: 9, columns: 128)
    let native = try NativeLevels(values, columns: 128, item.scheme)
    let arrays = item.codec.arrays(of: shape)
    var bytes = arrays.map { [UInt8](repeating: 0xa5, count: $0.byteCount) }
    let groups = item.scheme.groupsPerRow(columns: 128)
    for rows in [0..<4, 4..<9] {
      let packed = item.codec.pack(
        levels: native.levels.span.extracting(rows.lowerBound * 128..<rows.upperBound * 128),
        scales: native.scales.span.extracting(
          rows.lowerBound * groups..<rows.upperBound * groups),
        rows: rows, of: shape, scheme: item.scheme)
      place(packed, rows, arrays, 1, in: &bytes)
    }
    let whole = item.codec.wholeArrays(of: shape, after: MatrixSurvey())
    for (index, array) in zip(arrays.indices.filter { arrays[$0].extent == .whole }, whole) {
      bytes[index] = array
    }
    let decoded = try decode(bytes, shape, item.codec)
    if item.codec is AffineCodec {
      // Level 0 of a negative scale is −0, here the sum of a number and its opposite, which is 0.
      #expect(decoded == native.decoded)
    } else {
      #expect(bits(decoded) == bits(native.decoded))
    }
  }

  @Test func schemesThatAreCarried() {
    func carried(_ codec: some LevelCodec, _ extents: [Int] = [9, 256]) -> Set<String> {
      Set(
        Scheme.all.filter { codec.carries($0, shape: Shape(extents)) }
          .map { "\($0.codeWidth) \($0.group.rawValue) \($0.scaleType.rawValue)" })
    }
    let rows: Set = ["int8 row f32", "int8 row f16", "int8 row bf16"]
    #expect(carried(ScaledInt8Codec(.comfyUI)) == rows)
    #expect(carried(ScaledInt8Codec(.quanto)) == ["int8 row bf16"])
    #expect(carried(LLMInt8Codec()) == ["int8 row f16", "int8 row bf16"])
    #expect(
      carried(ScaledInt8Codec(.sdnq, groupSize: 64))
        == ["int8 group 64 f32", "int8 group 64 f16", "int8 group 64 bf16"])
    #expect(
      carried(ScaledInt4Codec(.compressedTensors, groupSize: 32, scaleType: .bfloat16))
        == ["int4 group 32 bf16"])
    #expect(
      carried(AffineCodec(bits: 4, groupSize: 64, scaleType: .bfloat16)) == ["int4 group 64 bf16"])
    // The product of a code with a scale of 24 bits is rounded.
    #expect(carried(AffineCodec(bits: 4, groupSize: 64, scaleType: .float32)).isEmpty)
    #expect(carried(AffineCodec(bits: 6, groupSize: 64, scaleType: .bfloat16)).isEmpty)
  }

  /// Of 64 columns a group of 64 or 128 is a row, and a row is a group of 64.
  @Test func aGroupOfAllColumnsIsARow() {
    let shape = Shape([9, 64])
    for group in [Scheme.Group.row, .columns64, .columns128] {
      let scheme = Scheme(.int8, group: group, scaleType: .bfloat16)
      #expect(ScaledInt8Codec(.comfyUI).carries(scheme, shape: shape))
      #expect(ScaledInt8Codec(.torchAO, groupSize: 64).carries(scheme, shape: shape))
    }
    let narrow = Scheme(.int8, group: .columns32, scaleType: .bfloat16)
    #expect(!ScaledInt8Codec(.comfyUI).carries(narrow, shape: shape))
  }
}

/// A matrix in a scheme: its levels, its scales and what they decode to.
struct NativeLevels {
  private(set) var levels: [Int8] = []
  private(set) var scales: [Float] = []
  private(set) var decoded: [Float] = []

  init(_ values: [Float], columns: Int, _ scheme: Scheme) throws {
    let rows = values.count / columns
    let codeBytes = scheme.codeBytesPerRow(columns: columns)
    var codes = [UInt8](repeating: 0, count: rows * codeBytes)
    var scaleBytes = [UInt8](
      repeating: 0, count: rows * scheme.scaleBytesPerRow(columns: columns))
    var none: [UInt8] = []
    var codeSpan = codes.mutableSpan
    var scaleSpan = scaleBytes.mutableSpan
    var noneSpan = none.mutableSpan
    try encodeRows(
      values.span, columns: columns, scheme: scheme, codes: &codeSpan, scales: &scaleSpan,
      zeroPoints: &noneSpan)
    decoded = [Float](repeating: .nan, count: values.count)
    var decodedSpan = decoded.mutableSpan
    decodeRows(
      codes: codes.span.bytes, scales: scaleBytes.span.bytes, zeroPoints: none.span.bytes,
      columns: columns, scheme: scheme, into: &decodedSpan)
    let type: ElementType =
      switch scheme.scaleType {
      case .float32: .float32
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
    scales = [Float](repeating: 0, count: scaleBytes.count * 8 / type.bitWidth)
    var valueSpan = scales.mutableSpan
    decodeElements(scaleBytes.span.bytes, of: type, into: &valueSpan)
    levels = values.indices.map { index in
      guard scheme.codeWidth == .int4 else { return Int8(bitPattern: codes[index]) }
      let byte = codes[index / columns * codeBytes + index % columns / 2]
      return Int8(byte >> (4 * UInt8(index % columns % 2)) & 15) - 8
    }
  }
}
