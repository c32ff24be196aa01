/// The 256 numbers of −1…1 that bitsandbytes' codes of eight bits stand for, by code, ascending: dense
/// near 0.
///
/// 0, 1, and of each power of ten 10⁻⁶…1 the 2^i middles of as many equal parts of 0.1…1, of either
/// sign (Dettmers, 8-Bit Approximations for Parallelism in Deep Learning, 2015).
enum DynamicMap {
  static let numbers: [Float] = {
    var numbers: [Float] = [0, 1]
    for power in 0..<7 {
      let parts = 1 << power
      let factor = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1][power] as Float
      let ends = (0...parts).map { linear($0, of: parts) }
      for (low, high) in zip(ends, ends.dropFirst()) {
        let number = factor * ((low + high) / 2)
        numbers += [number, -number]
      }
    }
    return numbers.sorted()
  }()

  /// Point `index` of 0.1…1 in equal parts, counted from the nearer end, as `torch.linspace` does.
  private static func linear(_ index: Int, of parts: Int) -> Float {
    let step = (1 - 0.1 as Float) / Float(parts)
    // One rounding, not two.
    return 2 * index < parts + 1
      ? (0.1 as Float).addingProduct(step, Float(index))
      : (1 as Float).addingProduct(-step, Float(parts - index))
  }

  /// The code nearest to a value; on a border, half way between two in float32, the lower.
  static func code(_ value: Float) -> UInt8 {
    var index = 0
    var step = 128
    while step > 0 {
      if value > (numbers[index + step - 1] + numbers[index + step]) / 2 { index += step }
      step /= 2
    }
    return UInt8(index)
  }
}
