internal import Scalars
public import Tensors

/// Numbers of eight bits, FP8 E4M3, with a scale for the matrix or for each row.
///
/// w ≈ s · q, with s = M / 448, M the largest magnitude of the row or the matrix, and q the number
/// nearest to w / s. As in BFL's and torchAO's code for rows, everything in float32. For a scale of the
/// whole matrix w · (1 / s) is taken, as comfy-kitchen does for float32 weights (it computes in the
/// weights' own type, and so rounds 16-bit weights twice).
///
/// BFL has no scale below 10⁻¹²; here a row of values that small has its own, a row of zeros that of
/// BFL.
///
/// Decoding is one multiplication in float32; comfy-kitchen multiplies in the type it decodes to.
public struct Float8Codec: Hashable, Sendable {
  /// Whose arrays.
  public enum Dialect: Hashable, Sendable, CaseIterable {
    /// ComfyUI's `float8_e4m3fn`: `weight`, `weight_scale` `[]` and the marker `comfy_quant`.
    case comfyUI
    /// BFL's `fp8r`: `weight`, `weight_scale` `[N]`.
    case bfl
    /// torchAO's `Float8Tensor`: `_weight_qdata`, `_weight_scale` `[N, 1]`.
    case torchAO
  }

  /// What has a scale.
  public enum ScaleExtent: Hashable, Sendable, CaseIterable {
    case tensor
    case row
  }

  public let dialect: Dialect
  public let scale: ScaleExtent

  /// ComfyUI has a scale for the matrix, the others one for each row.
  public init(_ dialect: Dialect, scale: ScaleExtent) {
    precondition(
      (dialect == .comfyUI) == (scale == .tensor), "ComfyUI has one scale, others one a row")
    self.dialect = dialect
    self.scale = scale
  }

  private static let comfyFormat = "float8_e4m3fn"
  private static let leastScale: Float = 1e-12

  private static func scale(maximum: Float) -> Float {
    let scale = maximum / Float8.greatest
    return scale < .leastNormalMagnitude ? leastScale : scale
  }
}

extension Float8Codec: MatrixCodec {
  public var description: String {
    scale == .tensor ? "FP8 E4M3 with one scale" : "FP8 E4M3 with a scale for each row"
  }

  public func objection(to shape: Shape) -> String? {
    shape.extents.count == 2 && shape.count > 0 ? nil : "a matrix with values"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let prefix = dialect == .torchAO ? "_weight" : "weight"
    let codes = CodeArray(
      dialect == .torchAO ? "_weight_qdata" : "weight", .float8E4M3, shape.extents,
      .units(byteCount: shape.columns))
    let scales =
      switch dialect {
      case .comfyUI: CodeArray("weight_scale", .float32, [], .whole)
      case .bfl: CodeArray("weight_scale", .float32, [shape.rows], .units(byteCount: 4))
      case .torchAO:
        CodeArray("\(prefix)_scale", .float32, [shape.rows, 1], .units(byteCount: 4))
      }
    guard dialect == .comfyUI else { return [codes, scales] }
    let marker = ComfyMarker.bytes(format: Self.comfyFormat).count
    return [codes, scales, CodeArray(ComfyMarker.ending, .uint8, [marker], .whole)]
  }

  public var survey: MatrixSurvey.Extent { scale == .tensor ? .maximum : .none }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    guard scale == .tensor else { return [] }
    let scale = Self.scale(maximum: survey.maximum)
    return [
      ElementType.float32.bytes(of: [scale].span), ComfyMarker.bytes(format: Self.comfyFormat),
    ]
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    let columns = shape.columns
    try CodecFailure.requireFinite(values, columns: columns, firstRow: rows.lowerBound)
    var codes = [UInt8](repeating: 0, count: values.count)
    if scale == .tensor {
      let inverse = 1 / Self.scale(maximum: survey.maximum)
      for index in values.indices { codes[index] = Float8.code(values[index] * inverse) }
      return [codes]
    }
    var scales = [Float](repeating: 0, count: rows.count)
    for row in 0..<rows.count {
      let range = row * columns..<(row + 1) * columns
      let scale = Self.scale(maximum: values.extracting(range).largestMagnitude)
      scales[row] = scale
      for index in range { codes[index] = Float8.code(values[index] / scale) }
    }
    return [codes, ElementType.float32.bytes(of: scales.span)]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let ending = arrays(of: shape)[1].ending
    let scales = try ElementType.float32.scales(
      in: bytes[1], ending: ending, level: Float8.greatest)
    let count = scale == .tensor ? 1 : rows.count
    guard scales.count == count else {
      throw .badArray(ending: ending, expected: "\(count) numbers", found: "\(scales.count)")
    }
    if dialect == .comfyUI { try ComfyMarker.require(Self.comfyFormat, in: bytes[2]) }
    let codes = bytes[0]
    let table = SmallFloat.e4m3.values
    for row in 0..<rows.count {
      let scale = scales[scale == .tensor ? 0 : row]
      for index in row * shape.columns..<(row + 1) * shape.columns {
        values[index] = table[Int(codes[index])] * scale
      }
    }
    try Float8.requireNumbers(codes, ending: arrays(of: shape)[0].ending)
  }

  /// Half the step of 32 between numbers from 256 to 448, of 448; below 256 steps are smaller. Where s
  /// is a normal number roundings of float32 add less than 2⁻²¹.
  public var errorBound: Float { 1 / 28 + 0x1p-21 }
}

extension Float8 {
  /// Throws for a code that is no number; encoders write none.
  static func requireNumbers(_ codes: [UInt8], ending: String) throws(CodecFailure) {
    guard let index = codes.firstIndex(where: { $0 & 0x7f == 0x7f }) else { return }
    throw .badArray(
      ending: ending, expected: "numbers", found: "NaN at index \(index) of those read")
  }
}
