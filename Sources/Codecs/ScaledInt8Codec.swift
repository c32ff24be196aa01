public import Quantization
public import Tensors

/// Levels −127…127 of eight bits with a scale for each row, or for each group of columns.
///
/// w ≈ s · q, with s = max |w| / 127 in float32 and q = rint(w · (1 / s)). Decoding is one float32
/// multiplication, as comfy-kitchen's `dequantize_int8_simple`, SDNQ's `dequantize_symmetric`,
/// torchAO's `dequantize_affine` and compressed-tensors' `dequantize` do it for float32 results;
/// for others they round the product.
///
/// The libraries divide, w / s, which gives another level where w / s is within a rounding of a
/// half; torchAO chooses s = max |w| / 127.5 and uses level −128. Both are theirs to choose: any
/// level and any scale decodes.
public struct ScaledInt8Codec: Hashable, Sendable {
  /// Whose arrays.
  public enum Dialect: Hashable, Sendable, CaseIterable {
    /// ComfyUI's `int8_tensorwise` with a scale for each row: `weight`, `weight_scale` `[N, 1]` and
    /// the marker `comfy_quant`.
    case comfyUI
    /// SDNQ's `int8`: `weight` `[N, K]`, or `[N, G, K / G]` in groups, and `scale` `[N, 1]` or
    /// `[N, G, 1]`.
    case sdnq
    /// torchAO's `Int8Tensor`: `_weight_qdata`, `_weight_scale` and `_weight_zero_point` `[N, G]`,
    /// the latter zeros.
    case torchAO
    /// compressed-tensors' `int-quantized` and `naive-quantized`: `weight`, `weight_scale` `[N, G]`.
    case compressedTensors
    /// quanto's `qint8`: `weight._data`, `weight._scale` `[N, 1]`, and ones as the scales of a
    /// layer's input and output.
    case quanto
  }

  public let dialect: Dialect
  private let levels: GroupedLevels

  /// The columns of a group; nil for whole rows, which is all that ComfyUI and quanto have.
  public var groupSize: Int? { levels.groupSize }

  /// Scales are F32, for quanto BF16, unless a file says otherwise.
  public init(_ dialect: Dialect, groupSize: Int? = nil, scaleType: ElementType? = nil) {
    precondition(
      groupSize == nil || (dialect != .comfyUI && dialect != .quanto), "a scale for each row")
    self.dialect = dialect
    levels = GroupedLevels(
      codeWidth: .int8, groupSize: groupSize,
      scaleType: .init(scaleType ?? (dialect == .quanto ? .bfloat16 : .float32)),
      clipping: .absoluteMaximum)
  }

  private static let comfyFormat = "int8_tensorwise"
  /// 1 in BF16.
  private static let one: [UInt8] = [0x80, 0x3f]
}

extension ScaledInt8Codec: LevelCodec {
  public var description: String {
    let group = groupSize.map { "group of \($0)" } ?? "row"
    return "int8 with a scale for each \(group)"
  }

  public func objection(to shape: Shape) -> String? { levels.objection(to: shape) }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let (rows, columns) = (shape.rows, shape.columns)
    let groups = levels.groups(columns: columns)
    let isGrouped = dialect == .sdnq && groups > 1
    func codes(_ ending: String) -> CodeArray {
      CodeArray(
        ending, .int8, isGrouped ? [rows, groups, columns / groups] : [rows, columns],
        .units(byteCount: columns))
    }
    func scales(_ ending: String) -> CodeArray {
      CodeArray(
        ending, levels.elementType, isGrouped ? [rows, groups, 1] : [rows, groups],
        .units(byteCount: levels.scaleBytesPerRow(columns: columns)))
    }
    switch dialect {
    case .comfyUI:
      let marker = ComfyMarker.bytes(format: Self.comfyFormat).count
      return [
        codes("weight"), scales("weight_scale"),
        CodeArray(ComfyMarker.ending, .uint8, [marker], .whole),
      ]
    case .sdnq: return [codes("weight"), scales("scale")]
    case .torchAO:
      return [
        codes("_weight_qdata"), scales("_weight_scale"),
        CodeArray("_weight_zero_point", .int8, [rows, groups], .units(byteCount: groups)),
      ]
    case .compressedTensors: return [codes("weight"), scales("weight_scale")]
    case .quanto:
      return [
        codes("weight._data"), scales("weight._scale"),
        CodeArray("input_scale", .bfloat16, [], .whole),
        CodeArray("output_scale", .bfloat16, [], .whole),
      ]
    }
  }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    switch dialect {
    case .comfyUI: [ComfyMarker.bytes(format: Self.comfyFormat)]
    case .quanto: [Self.one, Self.one]
    case .sdnq, .torchAO, .compressedTensors: []
    }
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    arrays(try levels.encode(values, rows: rows, columns: shape.columns), rows.count, shape)
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let scaleEnding = arrays(of: shape)[1].ending
    _ = try levels.elementType.scales(
      in: bytes[1], ending: scaleEnding, level: 128, mayBeNegative: true)
    switch dialect {
    case .comfyUI: try ComfyMarker.require(Self.comfyFormat, in: bytes[2])
    case .torchAO:
      guard bytes[2].allSatisfy({ $0 == 0 }) else {
        throw .badArray(
          ending: "_weight_zero_point", expected: "zeros, for symmetric levels",
          found: "another number")
      }
    case .sdnq, .compressedTensors, .quanto: break
    }
    levels.decode(codes: bytes[0], scales: bytes[1], columns: shape.columns, into: &values)
  }

  /// int8 symmetric in the same groups. Scales in F32 take scales of any type, those in BF16 or F16
  /// only their own.
  public func carries(_ scheme: Scheme, shape: Shape) -> Bool {
    objection(to: shape) == nil && levels.carries(scheme, columns: shape.columns)
  }

  public func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]] {
    arrays(self.levels.pack(levels: levels, scales: scales), rows.count, shape)
  }

  private func arrays(_ bytes: GroupedLevels.Bytes, _ rows: Int, _ shape: Shape) -> [[UInt8]] {
    guard dialect == .torchAO else { return [bytes.codes, bytes.scales] }
    let groups = levels.groups(columns: shape.columns)
    return [bytes.codes, bytes.scales, [UInt8](repeating: 0, count: rows * groups)]
  }

  /// Half a step of M / 127, M being the largest magnitude, the step larger by the rounding u of the
  /// scale. (A smaller step clips nothing: M / s ≤ 127 (1 + u) < 127.5.) The products w · (1 / s) and
  /// s · q and the reciprocal add less than 2⁻²¹.
  public var errorBound: Float { (1 + levels.scaleType.unitRoundoff) / 254 + 0x1p-21 }
}
