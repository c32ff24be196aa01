public import Tensors

/// The integer levels q and the scales s of rows whose values are s · q.
public struct LevelRows: Sendable {
  /// Row-major, one for each value.
  public let levels: [Int8]
  /// Row-major, one for each group of a row.
  public let scales: [Float]

  public init(levels: [Int8], scales: [Float]) {
    self.levels = levels
    self.scales = scales
  }
}

/// Takes rows of a symmetric scheme apart into levels and scales, without rounding.
///
/// The segments hold exactly the bytes that `SchemeLayout.swift` states for `rows` rows; another
/// size, and an asymmetric scheme, trap.
public func unpackLevels(
  codes: RawSpan, scales: RawSpan, rows: Int, columns: Int, scheme: Scheme
) -> LevelRows {
  precondition(scheme.symmetry == .symmetric, "levels without zero points are symmetric ones")
  let codeStride = scheme.codeBytesPerRow(columns: columns)
  precondition(codes.byteCount == rows * codeStride)
  precondition(scales.byteCount == rows * scheme.scaleBytesPerRow(columns: columns))
  var levels = [Int8](repeating: 0, count: rows * columns)
  for row in 0..<rows {
    for column in 0..<columns {
      let place = row * codeStride + (scheme.codeWidth == .int8 ? column : column / 2)
      // In bounds by the sizes checked above; every bit pattern is a byte.
      let byte = unsafe codes.unsafeLoad(fromByteOffset: place, as: UInt8.self)
      levels[row * columns + column] =
        switch scheme.codeWidth {
        case .int8: Int8(bitPattern: byte)
        case .int4: Int8(column.isMultiple(of: 2) ? byte & 15 : byte >> 4) - 8
        }
    }
  }
  var values = [Float](repeating: 0, count: rows * scheme.groupsPerRow(columns: columns))
  var span = values.mutableSpan
  decodeElements(scales, of: scheme.scaleType.elementType, into: &span)
  return LevelRows(levels: levels, scales: values)
}

extension Scheme.ScaleType {
  /// The type of a scale as safetensors names it.
  public var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }
}
