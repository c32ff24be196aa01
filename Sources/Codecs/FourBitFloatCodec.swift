internal import Scalars
public import Tensors

/// bitsandbytes' codes of four bits: nearest entries of a table, times the largest magnitude of each
/// block of 64 consecutive values, which may reach over rows.
///
/// w ≈ table[code] · m. With m the largest magnitude of the block, the code is that of the entry
/// nearest to w · (1 / m), on a border the lower, all in float32: the codes of `quantize_4bit`. Of FP4's
/// two zeros, the negative stands for negative values, as bitsandbytes' GPU code has it.
///
/// When the magnitudes are themselves coded ("double quantization"), their mean over the matrix, the
/// offset, is subtracted; of blocks of 256 differences the largest magnitude is stored, and of each
/// difference the nearest entry of a table of 256. Then m = table[code] · maximum + offset. The values'
/// codes are chosen with the exact magnitudes.
///
/// Decoding gives the product in float32; the library rounds it to `valueType`.
public struct FourBitFloatCodec: Hashable, Sendable {
  /// Which table.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Quantiles of the normal distribution.
    case nf4
    /// A sign and eight magnitudes from 0 to 1.
    case fp4
  }

  public let kind: Kind
  /// Whether the magnitudes of blocks are coded too.
  public let isDouble: Bool
  /// What the runtime decodes to: the type of the weights in the model it came from.
  public let valueType: ElementType

  public init(kind: Kind, isDouble: Bool, valueType: ElementType) {
    precondition([.float32, .float16, .bfloat16].contains(valueType), "\(valueType.rawValue)")
    self.kind = kind
    self.isDouble = isDouble
    self.valueType = valueType
  }

  /// The values that share a magnitude.
  public static let blockSize = 64
  /// The magnitudes that share a maximum.
  public static let nestedBlockSize = 256

  var table: FourBitTable { kind == .nf4 ? .nf4 : .fp4 }

  private static func blocks(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }
  static func nestedBlocks(_ blocks: Int) -> Int {
    (blocks + nestedBlockSize - 1) / nestedBlockSize
  }
}

extension FourBitFloatCodec: MatrixCodec {
  public var description: String {
    "\(kind.rawValue.uppercased()) blocks of \(Self.blockSize)"
      + (isDouble ? ", double quantization" : "")
  }

  public func objection(to shape: Shape) -> String? {
    shape.extents.count == 2 && shape.count > 0 ? nil : "a matrix with values"
  }

  /// The least number of rows that are whole blocks.
  public func unitRows(columns: Int) -> Int {
    1 << max(0, Self.blockSize.trailingZeroBitCount - columns.trailingZeroBitCount)
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let blocks = Self.blocks(shape.count)
    let unitValues = unitRows(columns: shape.columns) * shape.columns
    let unitBlocks = unitValues / Self.blockSize
    func whole(_ ending: String, _ count: Int) -> CodeArray {
      CodeArray("weight.\(ending)", .float32, [count], .whole)
    }
    var arrays = [
      CodeArray(
        "weight", .uint8, [(shape.count + 1) / 2, 1], .units(byteCount: unitValues / 2)),
      CodeArray(
        "weight.absmax", isDouble ? .uint8 : .float32, [blocks],
        .units(byteCount: isDouble ? unitBlocks : 4 * unitBlocks)),
      whole("quant_map", 16),
    ]
    if isDouble {
      arrays += [
        whole("nested_absmax", Self.nestedBlocks(blocks)), whole("nested_quant_map", 256),
      ]
    }
    let state = FourBitState.bytes(self, shape, offset: 0)
    arrays.append(
      CodeArray("weight.\(FourBitState.ending(kind))", .uint8, [state.count], .whole))
    return arrays
  }

  public var survey: MatrixSurvey.Extent {
    isDouble ? .blockMaxima(count: Self.blockSize) : .none
  }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    let map = ElementType.float32.bytes(of: table.numbers.span)
    guard isDouble else { return [map, FourBitState.bytes(self, shape, offset: 0)] }
    let nested = NestedMagnitudes(survey.blockMaxima)
    let maxima = (0..<Self.nestedBlocks(survey.blockMaxima.count)).map { nested.maximum($0) }
    return [
      map, ElementType.float32.bytes(of: maxima.span),
      ElementType.float32.bytes(of: DynamicMap.numbers.span),
      FourBitState.bytes(self, shape, offset: nested.offset),
    ]
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    try CodecFailure.requireFinite(values, columns: shape.columns, firstRow: rows.lowerBound)
    let (packed, magnitudes) = table.encode(values)
    guard isDouble else { return [packed, ElementType.float32.bytes(of: magnitudes.span)] }
    let nested = NestedMagnitudes(survey.blockMaxima)
    let first = rows.lowerBound * shape.columns / Self.blockSize
    return [packed, nested.codes(first..<first + magnitudes.count)]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let numbers = try Self.table(bytes[2], "weight.quant_map", count: 16)
    let offset = try FourBitState.offset(in: bytes[bytes.count - 1], of: self, shape)
    let magnitudes: [Float]
    if isDouble {
      let maxima = try ElementType.float32.scales(
        in: bytes[3], ending: "weight.nested_absmax", level: 1)
      let count = Self.nestedBlocks(Self.blocks(shape.count))
      guard maxima.count == count else {
        throw .badArray(
          ending: "weight.nested_absmax", expected: "\(count) numbers", found: "\(maxima.count)")
      }
      let map = try Self.table(bytes[4], "weight.nested_quant_map", count: 256)
      let first = rows.lowerBound * shape.columns / Self.blockSize
      magnitudes = bytes[1].indices.map { index in
        map[Int(bytes[1][index])] * maxima[(first + index) / Self.nestedBlockSize] + offset
      }
    } else {
      magnitudes = try ElementType.float32.scales(
        in: bytes[1], ending: "weight.absmax", level: 1)
    }
    let packed = bytes[0]
    let codes = packed.span
    for block in magnitudes.indices {
      let magnitude = magnitudes[block]
      let end = min(values.count, (block + 1) * Self.blockSize)
      for index in block * Self.blockSize..<end {
        values[index] = numbers[Nibbles.code(codes, at: index, .evenHigh)] * magnitude
      }
    }
  }

  /// A table of numbers in −1…1.
  private static func table(
    _ bytes: [UInt8], _ ending: String, count: Int
  ) throws(CodecFailure) -> [Float] {
    let numbers = ElementType.float32.numbers(in: bytes)
    guard numbers.count == count else {
      throw .badArray(ending: ending, expected: "\(count) numbers", found: "\(numbers.count)")
    }
    guard let wrong = numbers.first(where: { !($0.magnitude <= 1) }) else { return numbers }
    throw .badArray(ending: ending, expected: "numbers from -1 to 1", found: "\(wrong)")
  }

  /// Half of the widest gap of the table, which lies in −1…1: from the lowest entry to the next for
  /// NF4, from 2/3 to 1 for FP4. Roundings of float32 add less than 2⁻²¹.
  ///
  /// Double quantization is off by at most half the widest gap of its own table, 0.45 / 64, times the
  /// largest difference from the mean. With it the bound is a share of the largest magnitude of the
  /// matrix, as the mean belongs to the matrix.
  public var errorBound: Float {
    table.widestHalfGap + (isDouble ? 0.45 / 64 : 0) + 0x1p-20
  }
}
