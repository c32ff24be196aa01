internal import Quantization
public import Tensors

/// ComfyUI's `int8_tensorwise` of weights whose columns were rotated before, "ConvRot": levels
/// −127…127 of eight bits with a scale for each row.
///
/// Every contiguous group of G columns, a power of four, is multiplied by the symmetric H of
/// `turnColumns` / √G, whose square is the identity; then each row is coded as `ScaledInt8Codec` does.
/// An outlier becomes many small values, which leaves the others a finer step. At run time
/// activations are rotated, too, so the products are the same.
///
/// Decoding turns the levels back and divides by √G, both exact, then multiplies with the scale: one
/// rounding. comfy-kitchen's `dequantize_int8_convrot_weight` multiplies first and sums products in
/// float32: some roundings more.
public struct RotatedInt8Codec: Hashable, Sendable {
  /// G, the columns that are mixed.
  public let groupSize: Int

  /// 16, 64 or 256 columns, which the runtimes' kernels have.
  public init(groupSize: Int) {
    precondition(Self.groupSizes.contains(groupSize), "a power of four from 16 to 256")
    self.groupSize = groupSize
  }

  /// The codec of the largest groups that fill so many columns; of the smallest, which objects, when
  /// none do.
  public init(columns: Int) {
    let size = Self.groupSizes.last { columns.isMultiple(of: $0) }
    self.init(groupSize: size ?? Self.groupSizes[0])
  }

  private static let groupSizes = [16, 64, 256]
  private static let comfyFormat = "int8_tensorwise"
  private static let levels = GroupedLevels(
    codeWidth: .int8, groupSize: nil, scaleType: .float32, clipping: .absoluteMaximum)

  /// √G, a power of two.
  private var root: Float { Float(groupSize).squareRoot() }
}

extension RotatedInt8Codec: MatrixCodec {
  public var description: String {
    "int8 with a scale for each row, rotated in groups of \(groupSize)"
  }

  public func objection(to shape: Shape) -> String? {
    if let objection = Self.levels.objection(to: shape) { return objection }
    return shape.columns.isMultiple(of: groupSize)
      ? nil : "columns that are a multiple of \(groupSize)"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    [
      CodeArray("weight", .int8, shape.extents, .units(byteCount: shape.columns)),
      CodeArray("weight_scale", .float32, [shape.rows, 1], .units(byteCount: 4)),
      CodeArray(ComfyMarker.ending, .uint8, [marker.count], .whole),
    ]
  }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] { [marker] }

  private var marker: [UInt8] {
    ComfyMarker.bytes(format: Self.comfyFormat, rotationSize: groupSize)
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    let columns = shape.columns
    // Behind the rotation nobody could tell which weight it was.
    try CodecFailure.requireFinite(values, columns: columns, firstRow: rows.lowerBound)
    let rotated = rotated(values)
    if let index = rotated.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(
        row: rows.lowerBound + index / columns, column: index % columns,
        value: "a group of \(groupSize) weights whose sum float32 does not hold")
    }
    let bytes = try Self.levels.encode(rotated.span, rows: rows, columns: columns)
    return [bytes.codes, bytes.scales]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    try ComfyMarker.require(Self.comfyFormat, rotationSize: groupSize, in: bytes[2])
    // A value is the sum of up to G levels and a scale, divided by √G.
    let scales = try ElementType.float32.scales(
      in: bytes[1], ending: "weight_scale", level: 128 * root)
    let codes = bytes[0]
    for index in values.indices { values[index] = Float(Int8(bitPattern: codes[index])) }
    turnColumns(&values, size: groupSize)
    let columns = shape.columns
    for (row, scale) in scales.enumerated() {
      for index in row * columns..<(row + 1) * columns {
        values[index] = values[index] / root * scale
      }
    }
  }

  /// The values after the rotation.
  private func rotated(_ values: Span<Float>) -> [Float] {
    var rotated = [Float](capacity: values.count) { output in
      for index in values.indices { output.append(values[index]) }
    }
    var span = rotated.mutableSpan
    turnColumns(&span, size: groupSize)
    for index in span.indices { span[index] /= root }
    return rotated
  }

  /// G (b + 2⁻²⁰), with b the bound of the codes of a row: about G / 254.
  ///
  /// Let M be the largest magnitude of a row. A rotated value is a sum of G values divided by √G,
  /// so it is at most √G M, and by `turnColumns` off by at most 8 · 2⁻²⁴ √G M and some. Its code is
  /// off by at most b √G M. Turning back sums G such errors and divides by √G: G (b + 8 · 2⁻²⁴) M,
  /// and the last product adds a rounding, where 2⁻²⁰ has room for twice as much.
  ///
  /// For groups of 256 that is M, and can be: weights of M with the signs of a row of H become one
  /// value of 16 M, and beside them a group with a single weight of M values of M / 16, less than half
  /// of the step 16 M / 127. Rows of networks are not like that; `errorBound(ofRow:)` says how far
  /// off one can be.
  public var errorBound: Float { Float(groupSize) * (Self.codeBound + 0x1p-20) }

  /// √G b R / M + G 2⁻²⁰, where R is the row's largest magnitude after the rotation: the derivation
  /// of `errorBound` with R in the place of √G M, where codes depend on it.
  public func errorBound(ofRow values: Span<Float>) -> Float {
    let magnitude = values.largestMagnitude
    let largest = rotated(values).span.largestMagnitude
    guard magnitude > 0, largest.isFinite else { return errorBound }
    return root * Self.codeBound * (largest / magnitude) + Float(groupSize) * 0x1p-20
  }

  /// Of a code, as a share of the largest magnitude that is coded.
  private static let codeBound = ScaledInt8Codec(.comfyUI).errorBound
}
