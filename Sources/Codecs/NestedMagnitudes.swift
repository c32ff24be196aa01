internal import Tensors

/// The magnitudes of the blocks of a matrix, coded by eight bits each.
struct NestedMagnitudes {
  /// The mean of all magnitudes, summed in float64.
  let offset: Float
  private let magnitudes: [Float]

  init(_ magnitudes: [Float]) {
    self.magnitudes = magnitudes
    let sum = magnitudes.reduce(0) { $0 + Double($1) }
    offset = magnitudes.isEmpty ? 0 : Float(sum / Double(magnitudes.count))
  }

  /// The largest difference from the mean in a block of magnitudes.
  func maximum(_ nestedBlock: Int) -> Float {
    let size = FourBitFloatCodec.nestedBlockSize
    let end = min(magnitudes.count, (nestedBlock + 1) * size)
    var maximum: Float = 0
    for index in nestedBlock * size..<end {
      maximum = max(maximum, (magnitudes[index] - offset).magnitude)
    }
    return maximum
  }

  /// The codes of the magnitudes of some blocks.
  func codes(_ blocks: Range<Int>) -> [UInt8] {
    let size = FourBitFloatCodec.nestedBlockSize
    return [UInt8](capacity: blocks.count) { output in
      var nestedBlock = -1
      var inverse: Float = 0
      for block in blocks {
        if block / size != nestedBlock {
          nestedBlock = block / size
          inverse = 1 / max(maximum(nestedBlock), 1e-38)
        }
        output.append(DynamicMap.code((magnitudes[block] - offset) * inverse))
      }
    }
  }
}
