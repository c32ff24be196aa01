internal import CKernels
internal import Scalars

/// Rounds float32 values to nearest even in a stored type, little-endian: the inverse of
/// `decodeElements` for the types that weights are written in.
///
/// `bytes` takes `type`'s bytes for each value. Types other than `float32`, `float16` and
/// `bfloat16` are a broken contract and trap. A magnitude beyond the type becomes infinite.
public func encodeElements(
  _ values: Span<Float>, as type: ElementType, into bytes: inout MutableSpan<UInt8>
) {
  precondition(
    bytes.count == values.count * type.bitWidth / 8, "the output has the size of the values")
  switch type {
  case .bfloat16:
    // Both hold `values.count` elements by the line above. Without elements there may be no base.
    unsafe values.withUnsafeBufferPointer { source in
      unsafe bytes.withUnsafeMutableBufferPointer { destination in
        guard let from = source.baseAddress, let to = destination.baseAddress else { return }
        unsafe mmdit_f32_to_bf16(KernelLevel.best.rawValue, from, to, source.count)
      }
    }
  case .float16: encodeEach(values, into: &bytes) { Float16($0).bitPattern }
  case .float32: encodeEach(values, into: &bytes) { $0.bitPattern }
  default: preconditionFailure("weights are not written as \(type.rawValue)")
  }
}

private func encodeEach<Stored: FixedWidthInteger>(
  _ values: Span<Float>, into bytes: inout MutableSpan<UInt8>, _ code: (Float) -> Stored
) {
  let width = Stored.bitWidth / 8
  for index in values.indices {
    let stored = code(values[index])
    for byte in 0..<width {
      bytes[index * width + byte] = UInt8(truncatingIfNeeded: stored >> (8 * byte))
    }
  }
}
