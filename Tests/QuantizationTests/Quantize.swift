import Quantization
import Scalars

/// The three segments of quantized rows.
struct Segments: Equatable {
  var codes: [UInt8]
  var scales: [UInt8]
  var zeroPoints: [UInt8]

  static func + (left: Segments, right: Segments) -> Segments {
    Segments(
      codes: left.codes + right.codes, scales: left.scales + right.scales,
      zeroPoints: left.zeroPoints + right.zeroPoints)
  }
}

/// Quantizes into fresh segments filled with a byte that must not remain.
func quantize(
  _ values: [Float], columns: Int, _ scheme: Scheme, level: KernelLevel = .best
) throws(QuantizationFailure) -> Segments {
  let rows = columns == 0 ? 0 : values.count / columns
  var codes = [UInt8](repeating: 0xa5, count: rows * scheme.codeBytesPerRow(columns: columns))
  var scales = [UInt8](repeating: 0xa5, count: rows * scheme.scaleBytesPerRow(columns: columns))
  var zeroPoints = [UInt8](
    repeating: 0xa5, count: rows * scheme.zeroPointBytesPerRow(columns: columns))
  var codeSpan = codes.mutableSpan
  var scaleSpan = scales.mutableSpan
  var zeroPointSpan = zeroPoints.mutableSpan
  try encodeRows(
    values.span, columns: columns, scheme: scheme, codes: &codeSpan, scales: &scaleSpan,
    zeroPoints: &zeroPointSpan, level: level)
  return Segments(codes: codes, scales: scales, zeroPoints: zeroPoints)
}

func dequantize(
  _ segments: Segments, rows: Int, columns: Int, _ scheme: Scheme, level: KernelLevel = .best
) -> [Float] {
  var values = [Float](repeating: .nan, count: rows * columns)
  var span = values.mutableSpan
  unsafe decodeRows(
    codes: segments.codes.span.bytes, scales: segments.scales.span.bytes,
    zeroPoints: segments.zeroPoints.span.bytes, columns: columns, scheme: scheme, into: &span,
    level: level)
  return values
}

/// The scales as numbers, read by the layout's definition.
func storedScales(_ segments: Segments, _ scheme: Scheme) -> [Float] {
  let width = scheme.scaleType.byteCount
  return (0..<segments.scales.count / width).map { index in
    let bits = (0..<width).reduce(UInt32(0)) { bits, byte in
      bits | UInt32(segments.scales[index * width + byte]) << (8 * UInt32(byte))
    }
    return switch scheme.scaleType {
    case .float32: Float(bitPattern: bits)
    case .float16: Float(Float16(bitPattern: UInt16(bits)))
    case .bfloat16: Float(bitPattern: bits << 16)
    }
  }
}

/// A repeatable sequence of bits: SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Values of a normal distribution to within the sum of twelve uniform ones, times `scale`.
func normalValues(_ count: Int, scale: Float = 1, seed: UInt64) -> [Float] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in
    let sum = (0..<12).reduce(Float(-6)) { sum, _ in
      sum + Float.random(in: 0..<1, using: &generator)
    }
    return sum * scale
  }
}
