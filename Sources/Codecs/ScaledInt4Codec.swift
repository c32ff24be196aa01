public import Quantization
public import Tensors

/// Levels −8…7 of four bits with a scale for each row or each group of columns.
///
/// w ≈ s · q: one float32 multiplication for F32 scales, as SDNQ's `dequantize_symmetric` and
/// compressed-tensors' `dequantize`, which round to the type of other scales. Both multiply whatever
/// sign a scale has, and a scale is negative where the positive end of a group is level −8.
///
/// Codes q + 8 stand two to a byte, the even column in the low nibble. compressed-tensors' words of 32
/// bits, the first code in the lowest bits, are the same bytes.
public struct ScaledInt4Codec: Hashable, Sendable {
  /// Whose arrays.
  public enum Dialect: Hashable, Sendable, CaseIterable {
    /// SDNQ's `int4`: `weight` `[n / 2]`, `scale` `[N, G, 1]`, or `[N, 1]` for rows.
    case sdnq
    /// compressed-tensors' `pack-quantized`: `weight_packed` `[N, K / 8]`, `weight_scale` `[N, G]` and
    /// `weight_shape`.
    case compressedTensors
  }

  public let dialect: Dialect
  private let levels: GroupedLevels

  /// The columns of a group; nil for whole rows.
  public var groupSize: Int? { levels.groupSize }

  /// `clipping` says how scales are chosen.
  public init(
    _ dialect: Dialect, groupSize: Int?, scaleType: ElementType,
    clipping: Scheme.Clipping = .meanSquaredError
  ) {
    precondition(groupSize?.isMultiple(of: 8) ?? true, "groups of whole words")
    self.dialect = dialect
    levels = GroupedLevels(
      codeWidth: .int4, groupSize: groupSize, scaleType: .init(scaleType), clipping: clipping)
  }
}

extension ScaledInt4Codec: LevelCodec {
  public var description: String {
    let group = groupSize.map { "group of \($0)" } ?? "row"
    return "int4 with a scale for each \(group)"
  }

  public func objection(to shape: Shape) -> String? {
    if let objection = levels.objection(to: shape) { return objection }
    return dialect == .sdnq || shape.columns.isMultiple(of: 8)
      ? nil : "columns that are a multiple of 8"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let (rows, columns) = (shape.rows, shape.columns)
    let groups = levels.groups(columns: columns)
    let codes = CodeArray.Extent.units(byteCount: levels.codeBytesPerRow(columns: columns))
    let scales = CodeArray.Extent.units(byteCount: levels.scaleBytesPerRow(columns: columns))
    switch dialect {
    case .sdnq:
      return [
        CodeArray("weight", .uint8, [shape.count / 2], codes),
        CodeArray(
          "scale", levels.elementType, groups > 1 ? [rows, groups, 1] : [rows, 1], scales),
      ]
    case .compressedTensors:
      return [
        CodeArray("weight_packed", .int32, [rows, columns / 8], codes),
        CodeArray("weight_scale", levels.elementType, [rows, groups], scales),
        CodeArray("weight_shape", .int64, [2], .whole),
      ]
    }
  }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    dialect == .sdnq ? [] : [Self.shapeBytes(shape)]
  }

  private static func shapeBytes(_ shape: Shape) -> [UInt8] {
    shape.extents.flatMap { extent in
      (0..<8).map { UInt8(truncatingIfNeeded: extent >> (8 * $0)) }
    }
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    let (codes, scales) = try levels.encode(values, rows: rows, columns: shape.columns)
    return [codes, scales]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    _ = try levels.elementType.scales(
      in: bytes[1], ending: arrays(of: shape)[1].ending, level: 8, mayBeNegative: true)
    if dialect == .compressedTensors, bytes[2] != Self.shapeBytes(shape) {
      throw .badArray(
        ending: "weight_shape", expected: "the shape \(shape)", found: "other numbers")
    }
    levels.decode(codes: bytes[0], scales: bytes[1], columns: shape.columns, into: &values)
  }

  /// int4 symmetric in the same groups. Scales in F32 take scales of any type, those in BF16 or F16
  /// only their own.
  public func carries(_ scheme: Scheme, shape: Shape) -> Bool {
    objection(to: shape) == nil && levels.carries(scheme, columns: shape.columns)
  }

  public func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]] {
    let (codes, scales) = self.levels.pack(levels: levels, scales: scales)
    return [codes, scales]
  }

  /// With the absolute maximum M at level −8 and s rounded by u: a value −M is cut to level 7 and off
  /// by M (1 − 7/8 (1 − u)); elsewhere it is half a step, less.
  ///
  /// The least squared error may cut any one value further. What bounds it is the sum of squared errors
  /// of the absolute maximum, at most g (M/8)² for g values: off by M √g / 8; and by M, as a value is
  /// never decoded with the other sign beyond half a step.
  public var errorBound: Float {
    let one = (1 + 7 * levels.scaleType.unitRoundoff) / 8 + 0x1p-21
    if levels.clipping == .absoluteMaximum { return one }
    guard let groupSize else { return 1 }
    return min(1, one * Float(groupSize).squareRoot())
  }
}
