public import Scalars

/// Decodes rows of a quantized matrix: s · (q − z), one float32 multiplication of the scale with
/// the exactly converted integer.
///
/// `values` holds whole rows of `columns` values, row-major; the segments hold exactly the bytes
/// that `SchemeLayout.swift` states for these rows, at any alignment. Every byte decodes to
/// something: a scale that is NaN or infinite gives values that are not finite.
public func decodeRows(
  codes: RawSpan, scales: RawSpan, zeroPoints: RawSpan, columns: Int, scheme: Scheme,
  into values: inout MutableSpan<Float>, level: KernelLevel = .best
) {
  precondition(columns >= 0)
  let rows = columns == 0 ? 0 : values.count / columns
  precondition(values.count == rows * columns, "values are whole rows")
  let codeStride = scheme.codeBytesPerRow(columns: columns)
  let groups = scheme.groupsPerRow(columns: columns)
  precondition(codes.byteCount == rows * codeStride)
  precondition(scales.byteCount == rows * scheme.scaleBytesPerRow(columns: columns))
  precondition(zeroPoints.byteCount == rows * scheme.zeroPointBytesPerRow(columns: columns))
  let width = scheme.group.columns ?? columns
  let loops = GroupLoops(level)
  for row in 0..<rows {
    for index in 0..<groups {
      let begin = index * width
      let count = min(width, columns - begin)
      let place = row * groups + index
      // In bounds by the counts above: every bit pattern is a byte.
      let zero =
        scheme.symmetry == .symmetric
        ? 0 : unsafe zeroPoints.unsafeLoad(fromByteOffset: place, as: UInt8.self)
      let group = GroupScale(scale: scale(scales, scheme.scaleType, at: place), zero: Int32(zero))
      let firstByte = row * codeStride + scheme.codeBytesPerRow(columns: begin)
      let byteCount = scheme.codeBytesPerRow(columns: count)
      let first = row * columns + begin
      var output = values._mutatingExtracting(first..<first + count)
      loops.dequantize(
        codes.extracting(firstByte..<firstByte + byteCount), scheme, group, into: &output)
    }
  }
}

/// The scale at an index, which the caller has checked.
private func scale(_ bytes: RawSpan, _ type: Scheme.ScaleType, at index: Int) -> Float {
  let offset = index * type.byteCount
  // In bounds by the caller's check; every bit pattern is an integer.
  switch type {
  case .float32:
    let bits = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return Float(bitPattern: UInt32(littleEndian: bits))
  case .float16:
    let bits = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return Float(Float16(bitPattern: UInt16(littleEndian: bits)))
  case .bfloat16:
    let bits = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return Float(BFloat16(bitPattern: UInt16(littleEndian: bits)))
  }
}
