public import Codecs
public import Quantization
public import Tensors

/// Q8_0 and Q4_0 are levels with an f16 scale for 32 values, as groups of 32 with symmetric codes
/// are; the others carry no levels.
extension BlockType: LevelCodec {
  public func carries(_ scheme: Scheme, shape: Shape) -> Bool {
    let isCarried =
      scheme.group == .columns32 && scheme.symmetry == .symmetric && scheme.scaleType == .float16
    switch self {
    case .q80: return isCarried && scheme.codeWidth == .int8 && objection(to: shape) == nil
    case .q40: return isCarried && scheme.codeWidth == .int4 && objection(to: shape) == nil
    default: return false
    }
  }

  public func pack(
    levels: Span<Int8>, scales: Span<Float>, rows: Range<Int>, of shape: Shape, scheme: Scheme
  ) -> [[UInt8]] {
    precondition(carries(scheme, shape: shape), "\(name) carries this scheme")
    precondition(levels.count == rows.count * shape.columns && scales.count * 32 == levels.count)
    var bytes = [UInt8](repeating: 0, count: scales.count * bytesPerBlock)
    var output = bytes.mutableSpan
    for block in scales.indices {
      let first = block * bytesPerBlock
      output.store(Float16(scales[block]), at: first)
      if self == .q80 {
        for index in 0..<32 {
          output[first + 2 + index] = UInt8(bitPattern: levels[32 * block + index])
        }
      } else {
        for index in 0..<16 {
          let low = UInt8(levels[32 * block + index] + 8)
          let high = UInt8(levels[32 * block + 16 + index] + 8)
          output[first + 2 + index] = low | high << 4
        }
      }
    }
    return [bytes]
  }
}
