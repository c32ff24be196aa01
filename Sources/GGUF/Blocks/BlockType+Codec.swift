public import Codecs
internal import Storage
public import Tensors

/// A matrix in blocks is one array of bytes, row after row: the blocks of a row one after the other.
/// The container states ggml's type in place of the bytes'.
extension BlockType: MatrixCodec {
  public var description: String {
    elementsPerBlock == 1 ? name : "\(name) blocks of \(elementsPerBlock)"
  }

  public func objection(to shape: Shape) -> String? {
    guard shape.extents.count == 2 else { return "a matrix" }
    return shape.columns.isMultiple(of: elementsPerBlock)
      ? nil : "columns that are a multiple of \(elementsPerBlock)"
  }

  /// The bytes of a row of so many columns, a multiple of the block's.
  public func rowByteCount(columns: Int) -> Int {
    precondition(columns.isMultiple(of: elementsPerBlock), "rows are whole blocks")
    return columns / elementsPerBlock * bytesPerBlock
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let byteCount = rowByteCount(columns: shape.columns)
    return [
      CodeArray("weight", .uint8, [shape.rows, byteCount], .units(byteCount: byteCount))
    ]
  }

  /// Encodes rows. Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 and the plain types have the bytes of ggml's own
  /// encoder; the others have scales from a search of their own. Zeros are exact. Throws where a
  /// value is not finite, or too large: its block's scale, or with plain types the value itself, is
  /// beyond the type's numbers.
  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    precondition(values.count == rows.count * shape.columns, "values are whole rows")
    if let index = ExtremeLoops().firstNotFinite(values) {
      throw failure(index, rows, shape, "\(values[index])")
    }
    var bytes = [UInt8](
      repeating: 0, count: rows.count * rowByteCount(columns: shape.columns))
    var output = bytes.mutableSpan
    if let index = encode(values, into: &output) {
      let block = values.extracting(index..<index + elementsPerBlock)
      let limit = elementsPerBlock == 1 ? "beyond \(name)" : "whose scale is beyond f16"
      throw failure(index, rows, shape, "\(ExtremeLoops().firstExtreme(block)), \(limit)")
    }
    return [bytes]
  }

  private func failure(
    _ index: Int, _ rows: Range<Int>, _ shape: Shape, _ value: String
  ) -> CodecFailure {
    .notFinite(
      row: rows.lowerBound + index / shape.columns, column: index % shape.columns, value: value)
  }

  /// Encodes finite values; gives the first index of a block that its type cannot hold.
  private func encode(_ values: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Int? {
    switch self {
    case .f32, .f16, .bf16:
      encodeElements(values, as: elementType, into: &bytes)
      return firstOverflow(values)
    case .q80, .q40, .q41, .q50, .q51:
      return RoundBlocks(self).encode(values, into: &bytes)
    case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL, .iq4XS:
      guard let grid = SuperBlockGrid(self) else { preconditionFailure("\(name) has a grid") }
      var blocks = SuperBlocks(self, grid)
      return blocks.encode(values, into: &bytes)
    }
  }

  /// The element type of a plain type.
  private var elementType: ElementType {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    default: preconditionFailure("\(name) is no plain type")
    }
  }

  /// The least magnitude that rounds to infinity in a plain type: half a step above the largest.
  private func firstOverflow(_ values: Span<Float>) -> Int? {
    let limit: Float
    switch self {
    case .f16: limit = 65520
    case .bf16: limit = Float(bitPattern: 0x7f7f_8000)
    default: return nil
    }
    if ExtremeLoops().magnitude(values) < limit { return nil }
    return values.indices.first { values[$0].magnitude >= limit }
  }

  /// Decodes rows to the values of ggml's reference, bit for bit. Every byte means something; a
  /// scale that is not finite gives values that are not.
  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    precondition(bytes.count == 1 && values.count == rows.count * shape.columns)
    let input = bytes[0]
    precondition(input.count == rows.count * rowByteCount(columns: shape.columns))
    switch self {
    case .f32, .f16, .bf16: decodeElements(input.rawBytes, of: elementType, into: &values)
    case .q40: decode(input.span, into: &values) { DecodeBlock.q40($0, into: &$1) }
    case .q41: decode(input.span, into: &values) { DecodeBlock.q41($0, into: &$1) }
    case .q50: decode(input.span, into: &values) { DecodeBlock.q50($0, into: &$1) }
    case .q51: decode(input.span, into: &values) { DecodeBlock.q51($0, into: &$1) }
    case .q80: DecodeBlock.everyQ80(input.span, into: &values)
    case .q2K: decode(input.span, into: &values) { DecodeBlock.q2K($0, into: &$1) }
    case .q3K: decode(input.span, into: &values) { DecodeBlock.q3K($0, into: &$1) }
    case .q4K: decode(input.span, into: &values) { DecodeBlock.q4K($0, into: &$1) }
    case .q5K: decode(input.span, into: &values) { DecodeBlock.q5K($0, into: &$1) }
    case .q6K: decode(input.span, into: &values) { DecodeBlock.q6K($0, into: &$1) }
    case .iq4NL: decode(input.span, into: &values) { DecodeBlock.iq4NL($0, into: &$1) }
    case .iq4XS: decode(input.span, into: &values) { DecodeBlock.iq4XS($0, into: &$1) }
    }
  }

  private func decode(
    _ bytes: Span<UInt8>, into values: inout MutableSpan<Float>,
    _ decodeBlock: (Span<UInt8>, inout MutableSpan<Float>) -> Void
  ) {
    for block in 0..<values.count / elementsPerBlock {
      let first = block * elementsPerBlock
      let firstByte = block * bytesPerBlock
      var output = values._mutatingExtracting(first..<first + elementsPerBlock)
      decodeBlock(bytes.extracting(firstByte..<firstByte + bytesPerBlock), &output)
    }
  }
}
