internal import CKernels
internal import Scalars

extension ElementType {
  /// Whether an element is one real number, so that it decodes to a `Float`: all but complex
  /// numbers.
  public var isReal: Bool { self != .complex64 }
}

/// Decodes elements of a stored tensor to `Float`, as many as `values` holds.
///
/// `bytes` are little endian, at any alignment; element `first` of them becomes `values[0]`.
/// Elements narrower than a byte are packed without gaps, the first in the lowest bits: element i
/// of width w has the bits w·i ..< w·(i + 1), bit 8·k + j being bit j of byte k. A range of such a
/// tensor may begin inside a byte, which is what `first` is for.
///
/// Floating-point formats up to 32 bits decode exactly. `F64` and integers beyond 24 bits round to
/// nearest, ties to even; an `F64` beyond the range of `Float` becomes infinite. `BOOL` is 1 for
/// any byte but 0.
///
/// Complex elements and a range that reaches beyond `bytes` are broken contracts and trap.
public func decodeElements(
  _ bytes: RawSpan, of type: ElementType, startingAt first: Int = 0,
  into values: inout MutableSpan<Float>
) {
  precondition(type.isReal, "\(type.rawValue) elements are not real numbers")
  precondition(first >= 0, "elements count from 0")
  // No memory has Int.max / 8 bytes, so this cannot overflow.
  let available = bytes.byteCount * 8 / type.bitWidth
  precondition(
    first <= available && values.count <= available - first,
    "elements \(first)..<\(first + values.count) lie beyond the \(available) there are")
  if type.bitWidth < 8 {
    decodePacked(bytes, smallFloat(of: type), startingAt: first, into: &values)
    return
  }
  let width = type.bitWidth / 8
  let range = first * width..<(first + values.count) * width
  decodeWhole(bytes.extracting(range), of: type, into: &values)
}

/// The elements that `bytes` holds exactly, each of whole bytes.
private func decodeWhole(
  _ bytes: RawSpan, of type: ElementType, into values: inout MutableSpan<Float>
) {
  switch type {
  case .float16: unsafe decodeHalves(bytes, mmdit_f16_to_f32, into: &values)
  case .bfloat16: unsafe decodeHalves(bytes, mmdit_bf16_to_f32, into: &values)
  case .float32: decodeEach(bytes, into: &values) { Float(bitPattern: $0) }
  case .float64: decodeEach(bytes, into: &values) { Float(Double(bitPattern: $0)) }
  case .float8E4M3, .float8E5M2, .float8E4M3Fnuz, .float8E5M2Fnuz:
    let table = smallFloat(of: type).values
    decodeEach(bytes, into: &values) { (code: UInt8) in table[Int(code)] }
  case .exponent8: decodeEach(bytes, into: &values) { Float(Exponent8(code: $0)) }
  case .bool: decodeEach(bytes, into: &values) { (byte: UInt8) in byte == 0 ? 0 : 1 }
  case .uint8: decodeEach(bytes, into: &values) { (value: UInt8) in Float(value) }
  case .int8: decodeEach(bytes, into: &values) { (value: Int8) in Float(value) }
  case .uint16: decodeEach(bytes, into: &values) { (value: UInt16) in Float(value) }
  case .int16: decodeEach(bytes, into: &values) { (value: Int16) in Float(value) }
  case .uint32: decodeEach(bytes, into: &values) { (value: UInt32) in Float(value) }
  case .int32: decodeEach(bytes, into: &values) { (value: Int32) in Float(value) }
  case .uint64: decodeEach(bytes, into: &values) { (value: UInt64) in Float(value) }
  case .int64: decodeEach(bytes, into: &values) { (value: Int64) in Float(value) }
  case .float4, .float6E2M3, .float6E3M2, .complex64:
    preconditionFailure("\(type.rawValue) elements are not whole bytes of one number")
  }
}

/// The table of an eight-bit or narrower floating-point type.
private func smallFloat(of type: ElementType) -> SmallFloat {
  switch type {
  case .float4: .e2m1
  case .float6E2M3: .e2m3
  case .float6E3M2: .e3m2
  case .float8E4M3: .e4m3
  case .float8E5M2: .e5m2
  case .float8E4M3Fnuz: .e4m3fnuz
  case .float8E5M2Fnuz: .e5m2fnuz
  default: preconditionFailure("\(type.rawValue) is no small floating-point type")
  }
}

private func decodeEach<Stored: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: RawSpan, into values: inout MutableSpan<Float>, _ value: (Stored) -> Float
) {
  let width = MemoryLayout<Stored>.size
  for index in 0..<values.count {
    // In bounds by the caller's extraction; every bit pattern is an integer.
    let stored = unsafe bytes.unsafeLoadUnaligned(
      fromByteOffset: index * width, as: Stored.self)
    values[index] = value(Stored(littleEndian: stored))
  }
}

private func decodeHalves(
  _ bytes: RawSpan,
  _ decode: (mmdit_level, UnsafeRawPointer, UnsafeMutablePointer<Float>, Int) -> Void,
  into values: inout MutableSpan<Float>
) {
  // Both hold `values.count` elements: `bytes` by the caller's extraction. Without elements there
  // may be no base.
  unsafe bytes.withUnsafeBytes { source in
    unsafe values.withUnsafeMutableBufferPointer { destination in
      guard let from = source.baseAddress, let to = destination.baseAddress else { return }
      unsafe decode(KernelLevel.best.rawValue, from, to, destination.count)
    }
  }
}

/// Codes of four or six bits; a code may lie across two bytes.
private func decodePacked(
  _ bytes: RawSpan, _ format: SmallFloat, startingAt first: Int,
  into values: inout MutableSpan<Float>
) {
  let width = format.bitWidth
  let table = format.values
  for index in 0..<values.count {
    // Without overflow: the element lies in `bytes`, whose bits the caller counted; an element
    // number times its width cannot exceed them.
    let bit = (first + index) * width
    let low = UInt16(bytes.byte(bit / 8))
    let crosses = bit % 8 + width > 8
    let high = crosses ? UInt16(bytes.byte(bit / 8 + 1)) : 0
    let code = Int((high << 8 | low) >> UInt16(bit % 8)) & (table.count - 1)
    values[index] = table[code]
  }
}

extension RawSpan {
  /// The byte at an offset; traps outside the span.
  fileprivate func byte(_ offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    // In bounds by the line above; every bit pattern is a byte.
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }
}
