public import Tensors

/// SDNQ's `uint4`: codes 0…15 with a scale and an offset for each row or each group of columns.
///
/// w ≈ z + q · s, with z the least value of the group, s = (max − min) / 15 and q = rint((w − z) / s),
/// all in float32. A group of one value has s = 0 and codes of 0, where SDNQ divides 0 by 0.
///
/// `weight` `[n / 2]`, the even column in the low nibble; `scale` and `zero_point` `[N, G, 1]`, or
/// `[N, 1]` for rows.
public struct ScaledUInt4Codec: Hashable, Sendable {
  /// The columns of a group; nil for whole rows.
  public let groupSize: Int?

  public init(groupSize: Int?) {
    precondition(groupSize?.isMultiple(of: 2) ?? true, "groups of whole bytes")
    self.groupSize = groupSize
  }
}

extension ScaledUInt4Codec: MatrixCodec {
  public var description: String {
    let group = groupSize.map { "group of \($0)" } ?? "row"
    return "uint4 with a scale and an offset for each \(group)"
  }

  public func objection(to shape: Shape) -> String? {
    guard shape.extents.count == 2, shape.count > 0 else { return "a matrix with values" }
    let multiple = groupSize ?? 2
    return shape.columns.isMultiple(of: multiple)
      ? nil : "columns that are a multiple of \(multiple)"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let groups = shape.columns / (groupSize ?? shape.columns)
    let extents = groups > 1 ? [shape.rows, groups, 1] : [shape.rows, 1]
    return [
      CodeArray("weight", .uint8, [shape.count / 2], .units(byteCount: shape.columns / 2)),
      CodeArray("scale", .float32, extents, .units(byteCount: 4 * groups)),
      CodeArray("zero_point", .float32, extents, .units(byteCount: 4 * groups)),
    ]
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    try CodecFailure.requireFinite(values, columns: shape.columns, firstRow: rows.lowerBound)
    let width = groupSize ?? shape.columns
    var codes = [UInt8](repeating: 0, count: values.count)
    var scales = [Float](repeating: 0, count: values.count / width)
    var offsets = scales
    for group in scales.indices {
      let range = group * width..<(group + 1) * width
      var minimum = values[range.lowerBound]
      var maximum = minimum
      for index in range {
        minimum = min(minimum, values[index])
        maximum = max(maximum, values[index])
      }
      let scale = (maximum - minimum) / 15
      guard scale.isFinite else {
        throw .notFinite(
          row: rows.lowerBound + range.lowerBound / shape.columns,
          column: range.lowerBound % shape.columns,
          value: "a group from \(minimum) to \(maximum)")
      }
      scales[group] = scale
      offsets[group] = minimum
      guard scale > 0 else { continue }
      for index in range {
        codes[index] = min(((values[index] - minimum) / scale).roundedToByte, 15)
      }
    }
    return [
      Nibbles.pack(codes.span, .evenLow), ElementType.float32.bytes(of: scales.span),
      ElementType.float32.bytes(of: offsets.span),
    ]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let scales = try ElementType.float32.scales(
      in: bytes[1], ending: "scale", level: 15, mayBeNegative: true)
    let offsets = try ElementType.float32.scales(
      in: bytes[2], ending: "zero_point", level: 1, mayBeNegative: true)
    let packed = bytes[0]
    let codes = packed.span
    let width = groupSize ?? shape.columns
    for group in scales.indices {
      for index in group * width..<(group + 1) * width {
        let code = Float(Nibbles.code(codes, at: index, .evenLow))
        values[index] = offsets[group] + code * scales[group]
      }
    }
  }

  /// Half a step of at most 2M / 15; roundings of float32 add less than 2⁻²⁰.
  public var errorBound: Float { 1 / 15 + 0x1p-20 }
}
