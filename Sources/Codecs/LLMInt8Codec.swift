internal import CKernels
public import Quantization
internal import Scalars
public import Tensors

/// bitsandbytes' LLM.int8: levels −127…127 of eight bits, and of each row the largest magnitude.
///
/// With h the weight rounded to float16, S = max |h| of the row: q = rint(h · (127 / S)), all in
/// float32, as `int8_vectorwise_quant` does. A row whose largest magnitude is below 2⁻¹⁴, where
/// float16 has fewer bits, is not rounded to it; there the library loses more than the levels do.
///
/// A level stands for q · (S / 127). The library multiplies with the rounded constant 1/127 instead,
/// (q · S) · 0.007874016, and in products of activations with yet another order: at most 2⁻²² of a
/// value apart.
public struct LLMInt8Codec: Hashable, Sendable {
  public init() {}
}

extension LLMInt8Codec: LevelCodec {
  public var description: String { "LLM.int8" }

  public func objection(to shape: Shape) -> String? {
    shape.extents.count == 2 && shape.count > 0 ? nil : "a matrix with values"
  }

  public func arrays(of shape: Shape) -> [CodeArray] {
    [
      CodeArray("weight", .int8, shape.extents, .units(byteCount: shape.columns)),
      CodeArray("SCB", .float32, [shape.rows], .units(byteCount: 4)),
      CodeArray("weight_format", .uint8, [], .whole),
    ]
  }

  /// Format 0: rows one after the other.
  public func wholeArrays(of shape: Shape, after survey: MatrixSurvey) -> [[UInt8]] { [[0]] }

  public func encode(
    _ values: Span<Float>, rows: Range<Int>, of shape: Shape, after survey: MatrixSurvey
  ) throws(CodecFailure) -> [[UInt8]] {
    let columns = shape.columns
    try CodecFailure.requireFinite(values, columns: columns, firstRow: rows.lowerBound)
    var codes = [UInt8](repeating: 0, count: values.count)
    var maxima = [Float](repeating: 0, count: rows.count)
    var halves = [Float](repeating: 0, count: columns)
    for row in 0..<rows.count {
      let weights = values.extracting(row * columns..<(row + 1) * columns)
      Self.round(weights, to: &halves)
      let maximum = halves.span.largestMagnitude
      guard maximum.isFinite else {
        let column = halves.firstIndex { !$0.isFinite } ?? 0
        throw .notFinite(
          row: rows.lowerBound + row, column: column,
          value: "\(weights[column]), which float16 does not hold")
      }
      maxima[row] = maximum
      // A row of zeros has levels of 0; the reciprocal of less than 2⁻¹²⁰ would be infinite.
      let inverse = 127 / maximum
      guard inverse.isFinite else {
        maxima[row] = 0
        continue
      }
      var codeSpan = codes.mutableSpan
      var output = codeSpan._mutatingExtracting(row * columns..<(row + 1) * columns)
      Self.levels(halves.span, inverse: inverse, into: &output)
    }
    return [codes, ElementType.float32.bytes(of: maxima.span)]
  }

  /// The weights as float16 numbers, where that is a rounding of at most 2⁻¹¹ of their maximum.
  private static func round(_ weights: Span<Float>, to halves: inout [Float]) {
    guard weights.largestMagnitude >= 0x1p-14 else {
      for index in weights.indices { halves[index] = weights[index] }
      return
    }
    precondition(halves.count == weights.count)
    // Both have this count.
    unsafe weights.withUnsafeBufferPointer {
      unsafe mmdit_round_to_f16(KernelLevel.best.rawValue, $0.baseAddress, $0.count, &halves)
    }
  }

  /// Levels of values that are at most 127 and some roundings, which is level 127.
  private static func levels(
    _ values: Span<Float>, inverse: Float, into codes: inout MutableSpan<UInt8>
  ) {
    precondition(values.count == codes.count)
    let quantizer = mmdit_quantizer(inverse_scale: inverse, low: -127, high: 127, offset: 0)
    // Both have this count.
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe mmdit_quantize_bytes(
          KernelLevel.best.rawValue, values.baseAddress, values.count, quantizer,
          codes.baseAddress)
      }
    }
  }

  public func decode(
    _ bytes: [[UInt8]], rows: Range<Int>, of shape: Shape, into values: inout MutableSpan<Float>
  ) throws(CodecFailure) {
    guard bytes[2] == [0] || bytes[2].isEmpty else {
      throw .badArray(
        ending: "weight_format", expected: "0, rows one after the other",
        found: "\(bytes[2].prefix(8))")
    }
    let maxima = try ElementType.float32.scales(in: bytes[1], ending: "SCB", level: 2)
    let scales = maxima.map { $0 / 127 }
    Self.grouped.decode(
      codes: bytes[0], scales: ElementType.float32.bytes(of: scales.span),
      columns: shape.columns, into: &values)
  }

  private static let grouped = GroupedLevels(
    codeWidth: .int8, groupSize: nil, scaleType: .float32, clipping: .absoluteMaximum)

  /// int8 symmetric with one scale of 16 bits for each row.
  ///
  /// S = 127 · s is exact: s has at most 11 significant bits, 127 has 7. So S / 127 is s again, the
  /// quotient being a float32 number, and the values are s · q.
  public func carries(_ scheme: Scheme, shape: Shape) -> Bool {
    scheme.scaleType != .float32 && objection(to: shape) == nil
      && Self.grouped.carries(scheme, columns: shape.columns)
  }

  public func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]] {
    let maxima = [Float](capacity: scales.count) { output in
      for index in scales.indices { output.append(127 * scales[index]) }
    }
    return [
      Self.grouped.pack(levels: levels, scales: scales).codes,
      ElementType.float32.bytes(of: maxima.span),
    ]
  }

  /// 2⁻¹¹ for float16, then half a step of S / 127 where S ≤ (1 + 2⁻¹¹) M; roundings of float32 add
  /// less than 2⁻²¹.
  public var errorBound: Float { 0x1p-11 + (1 + 0x1p-11) / 254 + 0x1p-21 }
}
