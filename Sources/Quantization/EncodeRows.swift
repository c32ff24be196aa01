internal import CKernels
public import Scalars

/// Quantizes the rows of a matrix.
///
/// `values` are whole rows of `columns` values, row-major. The segments take exactly the bytes that
/// `SchemeLayout.swift` states for these rows; every byte is written. For each group:
/// - symmetric int8: s = max |w| / 127; symmetric int4: s = m / −8 with m the first value of largest
///   magnitude; asymmetric: s = (max − min) / 255 or / 15 with the range widened to include 0, and
///   z = rint(−min / s). `meanSquaredError` searches from there.
/// - s is first rounded to its stored type (see `storedScale`), then q = rint(w · (1 / s)) + z,
///   clamped to the levels. All in float32, rounding to nearest, ties to even.
/// - A group of zeros has s = 0, z = 0 and the codes of level 0.
///
/// Rows do not depend on each other, and the bytes not on the `level` of instructions. Nothing is
/// allocated. After a failure the segments hold unspecified bytes.
public func encodeRows(
  _ values: Span<Float>, columns: Int, scheme: Scheme, codes: inout MutableSpan<UInt8>,
  scales: inout MutableSpan<UInt8>, zeroPoints: inout MutableSpan<UInt8>,
  level: KernelLevel = .best
) throws(QuantizationFailure) {
  precondition(columns >= 0)
  let rows = columns == 0 ? 0 : values.count / columns
  precondition(values.count == rows * columns, "values are whole rows")
  let codeStride = scheme.codeBytesPerRow(columns: columns)
  let groups = scheme.groupsPerRow(columns: columns)
  precondition(codes.count == rows * codeStride)
  precondition(scales.count == rows * scheme.scaleBytesPerRow(columns: columns))
  precondition(zeroPoints.count == rows * scheme.zeroPointBytesPerRow(columns: columns))
  let width = scheme.group.columns ?? columns
  let loops = GroupLoops(level)
  for row in 0..<rows {
    for index in 0..<groups {
      let begin = index * width
      let count = min(width, columns - begin)
      let first = row * columns + begin
      let group = values.extracting(first..<first + count)
      let scale = try groupScale(group, scheme, loops, row: row, begin: begin)
      let place = row * groups + index
      store(scale.scale, scheme.scaleType, at: place, in: &scales)
      if scheme.symmetry == .asymmetric { zeroPoints[place] = UInt8(scale.zero) }
      // Groups begin at even columns, so at whole bytes of nibbles too.
      let firstByte = row * codeStride + scheme.codeBytesPerRow(columns: begin)
      let byteCount = scheme.codeBytesPerRow(columns: count)
      var bytes = codes._mutatingExtracting(firstByte..<firstByte + byteCount)
      loops.quantize(group, scheme.codeWidth, scheme.quantizer(scale), into: &bytes)
    }
  }
}

/// The scale and zero point of a group that begins at column `begin`.
private func groupScale(
  _ values: Span<Float>, _ scheme: Scheme, _ loops: GroupLoops, row: Int, begin: Int
) throws(QuantizationFailure) -> GroupScale {
  let magnitudeBits = loops.maximumMagnitude(values)
  let magnitude = Float(bitPattern: magnitudeBits)
  guard magnitude.isFinite else {
    let index = loops.firstIndex(values, ofMagnitude: magnitudeBits)
    throw .notFinite(row: row, column: begin + index, value: "\(values[index])")
  }
  if magnitude == 0 { return GroupScale(scale: 0, zero: 0) }
  let scale: Float
  let start: GroupScale
  var range = mmdit_range(minimum: 0, maximum: 0)
  switch (scheme.symmetry, scheme.codeWidth) {
  case (.symmetric, .int8):
    scale = magnitude / 127
    start = GroupScale(scale: scheme.storedScale(scale), zero: 0)
  case (.symmetric, .int4):
    scale = values[loops.firstIndex(values, ofMagnitude: magnitudeBits)] / -8
    start = GroupScale(scale: scheme.storedScale(scale), zero: 0)
  case (.asymmetric, _):
    range = loops.rangeWithZero(values)
    scale = (range.maximum - range.minimum) / scheme.levelSpan
    start = scheme.fitted(minimum: range.minimum, maximum: range.maximum)
  }
  guard start.scale.isFinite else {
    throw .scaleOverflow(
      row: row, columns: begin..<begin + values.count, scale: "\(scale)", type: scheme.scaleType)
  }
  guard scheme.clipping == .meanSquaredError else { return start }
  var search = ScaleSearch(scheme, loops, start: start, magnitude: magnitude)
  switch scheme.symmetry {
  case .symmetric: return search.symmetric(values, scale: scale)
  case .asymmetric:
    return search.asymmetric(values, minimum: range.minimum, maximum: range.maximum)
  }
}

/// Writes a scale, which is a number of its type, little endian.
private func store(
  _ scale: Float, _ type: Scheme.ScaleType, at index: Int, in bytes: inout MutableSpan<UInt8>
) {
  let bits: UInt32
  switch type {
  case .float32: bits = scale.bitPattern
  case .float16: bits = UInt32(Float16(scale).bitPattern)
  case .bfloat16: bits = UInt32(BFloat16(scale).bitPattern)
  }
  for byte in 0..<type.byteCount {
    bytes[index * type.byteCount + byte] = UInt8(truncatingIfNeeded: bits >> (8 * UInt32(byte)))
  }
}
