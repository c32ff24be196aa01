internal import CKernels
public import Quantization
internal import Scalars
public import Tensors

/// MLX's affine codes: w ≈ s · q + b in groups of 32, 64 or 128 columns, q of 2, 3, 4, 5, 6 or 8 bits.
///
/// Encodes to the bytes of `mlx.core.quantize`. With n = 2^bits − 1, and e the end of the group's range
/// that lies farther from 0: s = ± (max − min) / n, away from e; if rint(e / s) is not 0, then s is
/// widened or narrowed to e / rint(e / s), so that 0 has a code, and b = e; otherwise b = 0. Then
/// q = rint((w − b) / s) in 0…n, and last s and b are rounded to their type.
///
/// MLX takes no step below 10⁻⁷, whatever the values are. Here a group whose largest magnitude M is
/// below 10⁻⁷ n has steps down to M / n, where MLX would store zeros.
///
/// Decoding multiplies and adds in float32, as MLX does for float32 scales; with scales of 16 bits it
/// rounds both to their type.
///
/// Codes lie in a row as a stream of bits, the first in the lowest of the first byte.
public struct AffineCodec: Hashable, Sendable {
  public let bits: Int
  public let groupSize: Int
  /// The type of scales and biases: F32, F16 or BF16.
  public let scaleType: ElementType

  public init(bits: Int, groupSize: Int, scaleType: ElementType) {
    precondition([2, 3, 4, 5, 6, 8].contains(bits), "\(bits) bits")
    precondition([32, 64, 128].contains(groupSize), "groups of \(groupSize)")
    precondition([.float32, .float16, .bfloat16].contains(scaleType), "\(scaleType.rawValue)")
    self.bits = bits
    self.groupSize = groupSize
    self.scaleType = scaleType
  }

  private var greatestCode: Float { Float(1 << bits - 1) }

  private func codeBytesPerRow(_ columns: Int) -> Int { columns / 8 * bits }

  private func scaleBytesPerRow(_ columns: Int) -> Int {
    columns / groupSize * scaleType.bitWidth / 8
  }
}

extension AffineCodec: MatrixCodec {
  public var description: String { "MLX affine \(bits) bits in groups of \(groupSize)" }

  public func objection(to shape: Shape) -> String? {
    guard shape.extents.count == 2, shape.count > 0 else { return "a matrix with values" }
    return shape.columns.isMultiple(of: groupSize)
      ? nil : "columns that are a multiple of \(groupSize)"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    let (rows, columns) = (shape.rows, shape.columns)
    let scales = CodeArray.Extent.units(byteCount: scaleBytesPerRow(columns))
    return [
      CodeArray(
        "weight", .uint32, [rows, codeBytesPerRow(columns) / 4],
        .units(byteCount: codeBytesPerRow(columns))),
      CodeArray("scales", scaleType, [rows, columns / groupSize], scales),
      CodeArray("biases", scaleType, [rows, columns / groupSize], scales),
    ]
  }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    try CodecFailure.requireFinite(values, columns: shape.columns, firstRow: rows.lowerBound)
    let groups = values.count / groupSize
    var scales = [Float](repeating: 0, count: groups)
    var biases = scales
    // Codes of 0 where a scale is.
    var codes = [UInt8](repeating: 0, count: values.count)
    for index in 0..<groups {
      let group = values.extracting(index * groupSize..<(index + 1) * groupSize)
      let (scale, bias) = line(group)
      let rounded = (rounded(scale), rounded(bias))
      guard (rounded.0 * greatestCode).isFinite, rounded.1.isFinite else {
        let first = index * groupSize
        throw .notFinite(
          row: rows.lowerBound + first / shape.columns, column: first % shape.columns,
          value: "a group with the scale \(scale) and the bias \(bias), "
            + "which \(scaleType.rawValue) does not hold")
      }
      (scales[index], biases[index]) = (scale, bias)
      guard scale != 0 else { continue }
      var codeSpan = codes.mutableSpan
      var output = codeSpan._mutatingExtracting(index * groupSize..<(index + 1) * groupSize)
      // Both have the length of a group.
      unsafe group.withUnsafeBufferPointer { group in
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe mmdit_affine_codes(
            KernelLevel.best.rawValue, group.baseAddress, group.count, scale, bias, greatestCode,
            output.baseAddress)
        }
      }
    }
    return [
      packed(codes), scaleType.bytes(of: scales.span), scaleType.bytes(of: biases.span),
    ]
  }

  /// Codes one behind the other, the first in the lowest bits.
  private func packed(_ codes: [UInt8]) -> [UInt8] {
    switch bits {
    case 8: return codes
    case 4: return Nibbles.pack(codes.span, .evenLow)
    default:
      var stream = BitStream(byteCount: codeBytesPerRow(codes.count))
      for code in codes { stream.append(UInt32(code), bits: bits) }
      return stream.bytes
    }
  }

  /// The scale and bias of a group, before they are rounded to their type.
  private func line(_ values: Span<Float>) -> (scale: Float, bias: Float) {
    // Pointer and count of one span, which is a group.
    let extremes = unsafe values.withUnsafeBufferPointer {
      unsafe mmdit_find_extremes(KernelLevel.best.rawValue, $0.baseAddress, $0.count)
    }
    let (minimum, maximum) = (extremes.minimum, extremes.maximum)
    let isMinimum = minimum.magnitude > maximum.magnitude
    let end = isMinimum ? minimum : maximum
    let least = end == 0 ? 1e-7 : min(1e-7, end.magnitude / greatestCode)
    let step = max((maximum - minimum) / greatestCode, least)
    // The least subnormal numbers have no step; a range beyond float32 has an infinite one.
    guard step > 0, step.isFinite else { return (step, end) }
    let scale = isMinimum ? step : -step
    let steps = (end / scale).rounded(.toNearestOrEven)
    // With infinitely many steps to 0 the group is one value.
    return steps == 0 ? (scale, 0) : (end / steps, end)
  }

  private func rounded(_ value: Float) -> Float {
    switch scaleType {
    case .bfloat16: Float(BFloat16(value))
    case .float16: Float(Float16(value))
    default: value
    }
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    let scales = try scaleType.scales(
      in: bytes[1], ending: "scales", level: greatestCode, mayBeNegative: true)
    let biases = try scaleType.scales(
      in: bytes[2], ending: "biases", level: 1, mayBeNegative: true)
    var stream = BitStream(bytes[0])
    for index in scales.indices {
      let (scale, bias) = (scales[index], biases[index])
      for column in index * groupSize..<(index + 1) * groupSize {
        values[column] = Float(stream.next(bits: bits)) * scale + bias
      }
    }
  }

  /// With M the largest magnitude of a group: its range is at most 2M, so a step before narrowing at
  /// most 2M / n. The far end e is exact. Narrowing shifts the other end by at most n · s / (2 |e / s|),
  /// where |e / s| ≥ n / 2 because e is at least half of the range: by one step, and a code is off by
  /// half a step elsewhere. Rounding s to u moves n · s by at most 2M u (1 + 1/n), rounding b by M u.
  ///
  /// It holds where scales are normal numbers of their type: for F16 where M is at least 2⁻¹⁴ n.
  public var errorBound: Float {
    2 / greatestCode + 4 * Scheme.ScaleType(scaleType).unitRoundoff + 0x1p-20
  }

  /// Below its normal numbers F16 is off by at most 2⁻²⁵, which codes up to 255 multiply, and the
  /// bias once more.
  public var smallErrorBound: Float { scaleType == .float16 ? 0x1p-17 : 0 }
}

extension AffineCodec: LevelCodec {
  /// Symmetric levels of the same width, group and scale type, which has 16 bits.
  ///
  /// The code is q + 2^(bits − 1) and the bias −2^(bits − 1) · s, a product with a power of two and so
  /// exact. The product of the code with s has at most 8 + 11 significant bits, the sum is s · q with
  /// at most as many: nothing is rounded. With scales of 24 bits the product would be. (Level 0 of a
  /// negative scale decodes to 0 instead of −0.)
  ///
  /// A scale so large that its bias is infinite (for F16: weights beyond the range of F16) is packed
  /// as it comes, and `decode` refuses it.
  public func carries(_ scheme: Scheme, shape: Shape) -> Bool {
    scheme.symmetry == .symmetric && scheme.codeWidth.bits == bits
      && scheme.scaleType != .float32 && ElementType(scheme.scaleType) == scaleType
      && min(scheme.group.columns ?? shape.columns, shape.columns) == groupSize
      && objection(to: shape) == nil
  }

  public func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]] {
    let zero = Float(1 << (bits - 1))
    let biases = [Float](capacity: scales.count) { output in
      for index in scales.indices { output.append(-zero * scales[index]) }
    }
    var stream = BitStream(byteCount: codeBytesPerRow(levels.count))
    for index in levels.indices {
      stream.append(UInt32(Int32(levels[index]) + 1 << (bits - 1)), bits: bits)
    }
    return [stream.bytes, scaleType.bytes(of: scales), scaleType.bytes(of: biases.span)]
  }
}
