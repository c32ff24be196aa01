internal import Tensors

extension ElementType {
  internal var isReal: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .float64: true
    default: false
    }
  }
}

/// Decodes little-endian elements from element `first` on, one for each value of `output`.
internal func decodeElements(
  _ bytes: RawSpan, of type: ElementType, startingAt first: Int,
  into output: inout MutableSpan<Float>
) {
  for index in 0..<output.count {
    let offset = (first + index) * type.bitWidth / 8
    // The load checks its bounds; every bit pattern is a number.
    output[index] =
      switch type {
      case .float32: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Float.self)
      case .float16:
        unsafe Float(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Float16.self))
      case .bfloat16:
        unsafe Float(
          bitPattern: UInt32(
            bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16)
      case .float64:
        unsafe Float(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Double.self))
      default: preconditionFailure("\(type.rawValue) is not decodable")
      }
  }
}
