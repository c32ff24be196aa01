internal import Scalars

/// Decodes `F64` elements to the `Float`s that become the right elements of a narrower type, and
/// counts those that overflow on the way.
///
/// `encodeElements(_:as:into:)` of the result gives what rounding each `Double` to nearest even in
/// `type` would give: one rounding, not two. For `float32` the result is that rounding, and finite
/// numbers that become infinite are counted; for `float16` and `bfloat16` finite numbers stay
/// finite, and none is.
public func decodeDoubles(
  _ bytes: RawSpan, toBecome type: ElementType, into values: inout MutableSpan<Float>
) -> Int {
  precondition(bytes.byteCount == values.count * 8, "the output has the size of the input")
  var overflowCount = 0
  for index in 0..<values.count {
    // In bounds by the line above; every bit pattern is an integer.
    let stored = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    let value = Double(bitPattern: UInt64(littleEndian: stored))
    switch type {
    case .float16, .bfloat16: values[index] = Float(roundingToOdd: value)
    case .float32:
      values[index] = Float(value)
      if values[index].isInfinite, value.isFinite { overflowCount += 1 }
    default: preconditionFailure("weights are not written as \(type.rawValue)")
    }
  }
  return overflowCount
}
