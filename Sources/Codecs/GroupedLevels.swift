internal import Quantization
internal import Tensors

/// Integer levels in groups of columns with a scale each: what most integer codecs share.
///
/// A matrix in groups of g columns, where g divides the columns, has the bytes of a matrix of g
/// columns with one scale for each row. So every group is a row to module Quantization, and any g is
/// possible.
struct GroupedLevels: Hashable, Sendable {
  let codeWidth: Scheme.CodeWidth
  /// The columns of a group; nil for a whole row.
  let groupSize: Int?
  let scaleType: Scheme.ScaleType
  let clipping: Scheme.Clipping

  /// Codes of one byte, or two to a byte with the even column in the low nibble and 8 added, and
  /// the scales of their groups.
  typealias Bytes = (codes: [UInt8], scales: [UInt8])

  private var scheme: Scheme {
    Scheme(codeWidth, group: .row, scaleType: scaleType, clipping: clipping)
  }

  var elementType: ElementType { ElementType(scaleType) }

  func groups(columns: Int) -> Int { columns / (groupSize ?? columns) }

  func objection(to shape: Shape) -> String? {
    guard shape.extents.count == 2, shape.count > 0 else { return "a matrix with values" }
    if let groupSize, !shape.columns.isMultiple(of: groupSize) {
      return "columns that are a multiple of \(groupSize)"
    }
    // Two codes make a byte, also of a row.
    let isWhole = codeWidth == .int8 || shape.columns.isMultiple(of: 2)
    return isWhole ? nil : "an even number of columns"
  }

  func codeBytesPerRow(columns: Int) -> Int { scheme.codeBytesPerRow(columns: columns) }

  func scaleBytesPerRow(columns: Int) -> Int { groups(columns: columns) * scaleType.byteCount }

  func encode(
    _ values: Span<Float>, rows: Range<Int>, columns: Int
  ) throws(CodecFailure) -> Bytes {
    let width = groupSize ?? columns
    let groups = values.count / width
    var codes = [UInt8](repeating: 0, count: groups * scheme.codeBytesPerRow(columns: width))
    var scales = [UInt8](repeating: 0, count: groups * scaleType.byteCount)
    var none: [UInt8] = []
    var codeSpan = codes.mutableSpan
    var scaleSpan = scales.mutableSpan
    var noneSpan = none.mutableSpan
    do throws(QuantizationFailure) {
      try encodeRows(
        values, columns: width, scheme: scheme, codes: &codeSpan, scales: &scaleSpan,
        zeroPoints: &noneSpan)
    } catch {
      throw CodecFailure(error, groupWidth: width, columns: columns, firstRow: rows.lowerBound)
    }
    return (codes, scales)
  }

  /// Scales must have been checked.
  func decode(
    codes: [UInt8], scales: [UInt8], columns: Int, into values: inout MutableSpan<Float>
  ) {
    // Bytes have no padding.
    unsafe decodeRows(
      codes: codes.span.bytes, scales: scales.span.bytes, zeroPoints: [UInt8]().span.bytes,
      columns: groupSize ?? columns, scheme: scheme, into: &values)
  }

  /// Whether symmetric levels of this scheme have the same groups here, and its scales are numbers of
  /// this type.
  func carries(_ other: Scheme, columns: Int) -> Bool {
    let holds = scaleType == .float32 || scaleType == other.scaleType
    let width = min(other.group.columns ?? columns, columns)
    return other.symmetry == .symmetric && other.codeWidth == codeWidth && holds
      && width == groupSize ?? columns
  }

  func pack(levels: Span<Int8>, scales: Span<Float>) -> Bytes {
    let codes =
      switch codeWidth {
      case .int8:
        [UInt8](capacity: levels.count) { output in
          for index in levels.indices { output.append(UInt8(bitPattern: levels[index])) }
        }
      case .int4: Nibbles.pack(levels, offset: 8)
      }
    return (codes, elementType.bytes(of: scales))
  }
}

extension ElementType {
  init(_ scaleType: Scheme.ScaleType) {
    self =
      switch scaleType {
      case .float32: .float32
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
  }
}

extension Scheme.ScaleType {
  /// The scale type that is stored as these elements; others are a broken contract.
  init(_ elementType: ElementType) {
    switch elementType {
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    default: preconditionFailure("scales are not stored as \(elementType.rawValue)")
    }
  }

  /// The greatest relative error of rounding to this type: half a step of the significand.
  var unitRoundoff: Float {
    switch self {
    case .float32: 0x1p-24
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    }
  }
}

extension CodecFailure {
  /// A failure of groups that were quantized as rows of `groupWidth` columns.
  init(_ failure: QuantizationFailure, groupWidth: Int, columns: Int, firstRow: Int) {
    switch failure {
    case .notFinite(let group, let column, let value):
      let index = group * groupWidth + column
      self = .notFinite(row: firstRow + index / columns, column: index % columns, value: value)
    case .scaleOverflow(let group, _, let scale, let type):
      let index = group * groupWidth
      self = .notFinite(
        row: firstRow + index / columns, column: index % columns,
        value: "a group with the scale \(scale), which \(type.rawValue) does not hold")
    }
  }
}
