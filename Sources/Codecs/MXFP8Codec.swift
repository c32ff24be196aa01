internal import Scalars
public import Tensors

/// Microscaling FP8: numbers of eight bits, E4M3, in blocks of 32 columns with a power of two as scale,
/// as ComfyUI stores them.
///
/// w ≈ q · 2^e. With m the largest magnitude of the block, 2^e is the least power of two that is not
/// below m / 448, and q the number nearest to w / 2^e: comfy-kitchen's `quantize_mxfp8`. It takes the
/// logarithm in float32, which near a power of two may name the next lower one.
///
/// `weight`, with rows and columns filled up to a multiple of 32; `weight_scale`, e + 127 in a byte, 0
/// for a block of zeros, in the order of `SwizzledScales`; and the marker `comfy_quant`. Decoding is one
/// multiplication in float32, with 0 for the scale byte 0, as `dequantize_mxfp8`.
public struct MXFP8Codec: Hashable, Sendable {
  public init() {}

  private static let blockSize = 32
  private static let comfyFormat = "mxfp8"

  private static func padded(_ count: Int) -> Int {
    (count + blockSize - 1) / blockSize * blockSize
  }

  /// The byte of the least power of two that is not below a scale, which is not 0; at least 1, the
  /// least normal float32.
  private static func exponentCode(_ scale: Float) -> UInt8 {
    let bits = scale.bitPattern
    let isPower = bits & 0x7f_ffff == 0
    return UInt8(max(1, min(254, bits >> 23 + (isPower ? 0 : 1))))
  }

  private static func scale(code: UInt8) -> Float {
    code == 0 ? 0 : Float(Exponent8(code: code))
  }
}

extension MXFP8Codec: MatrixCodec {
  public var description: String { "MXFP8 blocks of \(Self.blockSize)" }

  public func objection(to shape: Shape) -> String? {
    shape.extents.count == 2 && shape.count > 0 ? nil : "a matrix with values"
  }

  public func unitRows(columns: Int) -> Int { SwizzledScales.tileRows }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let columns = Self.padded(shape.columns)
    let swizzle = SwizzledScales(columns: columns / Self.blockSize)
    let unit = SwizzledScales.tileRows
    let marker = ComfyMarker.bytes(format: Self.comfyFormat).count
    return [
      CodeArray(
        "weight", .float8E4M3, [Self.padded(shape.rows), columns],
        .units(byteCount: unit * columns)),
      CodeArray(
        "weight_scale", .exponent8,
        [SwizzledScales.paddedRows(shape.rows), swizzle.paddedColumns],
        .units(byteCount: unit * swizzle.paddedColumns)),
      CodeArray(ComfyMarker.ending, .uint8, [marker], .whole),
    ]
  }

  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] {
    [ComfyMarker.bytes(format: Self.comfyFormat)]
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    try CodecFailure.requireFinite(values, columns: shape.columns, firstRow: rows.lowerBound)
    let columns = Self.padded(shape.columns)
    let blocks = columns / Self.blockSize
    let swizzle = SwizzledScales(columns: blocks)
    // What fills up has the code of 0.
    var codes = [UInt8](repeating: 0, count: Self.padded(rows.count) * columns)
    var scales = [UInt8](
      repeating: 0,
      count: SwizzledScales.paddedRows(rows.count) * swizzle.paddedColumns)
    for row in 0..<rows.count {
      for block in 0..<blocks {
        let begin = block * Self.blockSize
        let count = min(Self.blockSize, shape.columns - begin)
        let first = row * shape.columns + begin
        let magnitude = values.extracting(first..<first + count).largestMagnitude
        guard magnitude > 0 else { continue }
        let code = Self.exponentCode(magnitude / Float8.greatest)
        scales[swizzle.offset(row: row, column: block)] = code
        let scale = Self.scale(code: code)
        for column in 0..<count {
          codes[row * columns + begin + column] = Float8.code(values[first + column] / scale)
        }
      }
    }
    return [codes, scales]
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let columns = Self.padded(shape.columns)
    let blocks = columns / Self.blockSize
    let swizzle = SwizzledScales(columns: blocks)
    try ComfyMarker.require(Self.comfyFormat, in: bytes[2])
    try Float8.requireNumbers(bytes[0], ending: "weight")
    let codes = bytes[0]
    let scaleCodes = bytes[1]
    let table = SmallFloat.e4m3.values
    for row in 0..<rows.count {
      for block in 0..<blocks {
        let scale = Self.scale(code: scaleCodes[swizzle.offset(row: row, column: block)])
        guard (scale * Float8.greatest).isFinite else {
          throw .badArray(
            ending: "weight_scale", expected: "finite scales",
            found: "\(scale) in row \(rows.lowerBound + row)")
        }
        let begin = block * Self.blockSize
        for column in begin..<min(begin + Self.blockSize, shape.columns) {
          values[row * shape.columns + column] = table[Int(codes[row * columns + column])] * scale
        }
      }
    }
  }

  /// m / 2^e lies above 224. From 256 on half a step is 16, at most 1/16; below it is 8, at most 1/28.
  /// Powers of two divide and multiply exactly; m / 448 is rounded, 2⁻²⁴.
  public var errorBound: Float { 1 / 16 + 0x1p-21 }
}
