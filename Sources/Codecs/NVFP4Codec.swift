internal import Scalars
public import Tensors

/// NVIDIA's FP4: numbers of four bits, E2M1, in blocks of 16 columns with a scale of eight bits, E4M3,
/// and a scale for the matrix.
///
/// w ≈ q · (b · g). With M the largest magnitude of the matrix and m that of the block, in float32:
/// g = M / 2688, b = the E4M3 number nearest to m / 6 / g, and q the E2M1 number nearest to w / (b · g).
/// A block whose b is 0 has codes of 0. These are the bytes of `quantize_nvfp4` in diffusers' BFL code
/// and in comfy-kitchen.
///
/// Decoding is q · (b · g) in float32, as BFL's code does; comfy-kitchen multiplies in the type it
/// decodes to.
public struct NVFP4Codec: Hashable, Sendable {
  /// Whose arrays.
  public enum Dialect: Hashable, Sendable, CaseIterable {
    /// BFL's and ModelOpt's: `weight` `[N, K / 2]` with the even column in the low nibble,
    /// `weight_scale` `[N, K / 16]`, `weight_scale_2` `[]`, and `input_scale` `[]`, a scale for
    /// activations that such a file must have, 1 when written here.
    case bfl
    /// ComfyUI's: `weight` with the even column in the high nibble, rows and columns filled up to a
    /// multiple of 16; `weight_scale` in the order of `SwizzledScales`; `weight_scale_2` `[]`, and the
    /// marker `comfy_quant`.
    case comfyUI
  }

  public let dialect: Dialect

  public init(_ dialect: Dialect) { self.dialect = dialect }

  private static let blockSize = 16
  private static let comfyFormat = "nvfp4"

  private var order: Nibbles.Order { dialect == .bfl ? .evenLow : .evenHigh }

  private static func padded(_ count: Int) -> Int {
    (count + blockSize - 1) / blockSize * blockSize
  }

  /// g; 0 for a matrix of zeros.
  private static func matrixScale(_ survey: MatrixSurvey) -> Float {
    survey.maximum / (Float8.greatest * Float4.greatest)
  }
}

extension NVFP4Codec: MatrixCodec {
  public var description: String { "NVFP4 blocks of \(Self.blockSize)" }

  public func objection(to shape: Shape) -> String? {
    guard shape.extents.count == 2, shape.count > 0 else { return "a matrix with values" }
    return dialect == .comfyUI || shape.columns.isMultiple(of: Self.blockSize)
      ? nil : "columns that are a multiple of \(Self.blockSize)"
  }

  public func unitRows(columns: Int) -> Int {
    dialect == .bfl ? 1 : SwizzledScales.tileRows
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let columns = Self.padded(shape.columns)
    let blocks = columns / Self.blockSize
    let matrixScale = CodeArray("weight_scale_2", .float32, [], .whole)
    switch dialect {
    case .bfl:
      return [
        CodeArray(
          "weight", .uint8, [shape.rows, columns / 2], .units(byteCount: columns / 2)),
        CodeArray("weight_scale", .float8E4M3, [shape.rows, blocks], .units(byteCount: blocks)),
        matrixScale, CodeArray("input_scale", .float32, [], .whole),
      ]
    case .comfyUI:
      let unit = SwizzledScales.tileRows
      let swizzle = SwizzledScales(columns: blocks)
      let marker = ComfyMarker.bytes(format: Self.comfyFormat).count
      return [
        CodeArray(
          "weight", .uint8, [Self.padded(shape.rows), columns / 2],
          .units(byteCount: unit * columns / 2)),
        CodeArray(
          "weight_scale", .float8E4M3,
          [SwizzledScales.paddedRows(shape.rows), swizzle.paddedColumns],
          .units(byteCount: unit * swizzle.paddedColumns)),
        matrixScale, CodeArray(ComfyMarker.ending, .uint8, [marker], .whole),
      ]
    }
  }

  public var survey: MatrixSurvey.Extent { .maximum }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    let scale = ElementType.float32.bytes(of: [Self.matrixScale(survey)].span)
    switch dialect {
    case .bfl: return [scale, ElementType.float32.bytes(of: [1 as Float].span)]
    case .comfyUI: return [scale, ComfyMarker.bytes(format: Self.comfyFormat)]
    }
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    try CodecFailure.requireFinite(values, columns: shape.columns, firstRow: rows.lowerBound)
    let columns = Self.padded(shape.columns)
    let blocks = columns / Self.blockSize
    let swizzle = SwizzledScales(columns: blocks)
    let storedRows = dialect == .bfl ? rows.count : Self.padded(rows.count)
    // What fills up has the code of 0.
    var codes = [UInt8](repeating: 0, count: storedRows * columns)
    var scales = [UInt8](
      repeating: 0,
      count: dialect == .bfl
        ? rows.count * blocks
        : SwizzledScales.paddedRows(rows.count) * swizzle.paddedColumns)
    let matrixScale = Self.matrixScale(survey)
    for row in 0..<rows.count {
      for block in 0..<blocks {
        let begin = block * Self.blockSize
        let count = min(Self.blockSize, shape.columns - begin)
        let first = row * shape.columns + begin
        let magnitude = values.extracting(first..<first + count).largestMagnitude
        guard matrixScale > 0 else { continue }
        let code = Float8.code(magnitude / Float4.greatest / matrixScale)
        let place =
          dialect == .bfl ? row * blocks + block : swizzle.offset(row: row, column: block)
        scales[place] = code
        let scale = SmallFloat.e4m3.values[Int(code)] * matrixScale
        guard scale > 0 else { continue }
        for column in 0..<count {
          codes[row * columns + begin + column] = Float4.code(values[first + column] / scale)
        }
      }
    }
    return [Nibbles.pack(codes.span, order), scales]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let columns = Self.padded(shape.columns)
    let blocks = columns / Self.blockSize
    let swizzle = SwizzledScales(columns: blocks)
    let matrixScales = try ElementType.float32.scales(
      in: bytes[2], ending: "weight_scale_2", level: Float8.greatest * Float4.greatest)
    guard matrixScales.count == 1 else {
      throw .badArray(
        ending: "weight_scale_2", expected: "one number", found: "\(matrixScales.count)")
    }
    if dialect == .comfyUI { try ComfyMarker.require(Self.comfyFormat, in: bytes[3]) }
    let scaleCodes = bytes[1]
    guard scaleCodes.allSatisfy({ $0 < 0x7f || $0 == 0x80 }) else {
      throw .badArray(
        ending: "weight_scale", expected: "numbers that are not negative",
        found: "a negative one or NaN")
    }
    let packed = bytes[0]
    let codes = packed.span
    let scaleTable = SmallFloat.e4m3.values
    let table = SmallFloat.e2m1.values
    for row in 0..<rows.count {
      for block in 0..<blocks {
        let place =
          dialect == .bfl ? row * blocks + block : swizzle.offset(row: row, column: block)
        let scale = scaleTable[Int(scaleCodes[place])] * matrixScales[0]
        let begin = block * Self.blockSize
        for column in begin..<min(begin + Self.blockSize, shape.columns) {
          let code = Nibbles.code(codes, at: row * columns + column, order)
          values[row * shape.columns + column] = table[code] * scale
        }
      }
    }
  }

  /// b is off by at most 1/16 of itself. Where it is larger, half the step of 2 between 4 and 6 is
  /// (1 + 1/16) / 6 of m; where it is smaller, m is cut to 15/16 of it. A block so small that b is
  /// subnormal is off by at most 6 · 2⁻¹⁰ g, less than that. A share of the matrix's largest magnitude;
  /// roundings of float32 add less than 2⁻²⁰.
  public var errorBound: Float { 17 / 96 + 0x1p-20 }
}
