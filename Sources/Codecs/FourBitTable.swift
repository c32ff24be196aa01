/// The 16 numbers that bitsandbytes' codes of four bits stand for, and which is nearest to a value.
struct FourBitTable: Sendable {
  /// The number of each code.
  let numbers: [Float]
  /// Where the sorted numbers meet: half way, in float32. A value above the first k has the k-th of
  /// `order` as its code; on a border it has the lower.
  private let borders: InlineArray<15, Float>
  private let order: InlineArray<16, UInt8>

  init(_ numbers: [Float]) {
    precondition(numbers.count == 16)
    self.numbers = numbers
    // FP4 has two zeros. The one with the sign bit comes first, and stands for what is negative.
    let sorted = numbers.indices.sorted {
      numbers[$0] != numbers[$1] ? numbers[$0] < numbers[$1] : $0 > $1
    }
    order = InlineArray { UInt8(sorted[$0]) }
    borders = InlineArray { index in
      let (low, high) = (numbers[sorted[index]], numbers[sorted[index + 1]])
      return low == high ? -.leastNonzeroMagnitude : (low + high) / 2
    }
  }

  /// The code nearest to a value, by four comparisons.
  func code(_ value: Float) -> UInt8 {
    var index = value > borders[7] ? 8 : 0
    if value > borders[index + 3] { index += 4 }
    if value > borders[index + 1] { index += 2 }
    if value > borders[index] { index += 1 }
    return order[index]
  }

  /// Half of the widest gap between neighbours: by how much a value in −1…1 can be off.
  var widestHalfGap: Float {
    let sorted = numbers.sorted()
    return zip(sorted, sorted.dropFirst()).reduce(0) { max($0, ($1.1 - $1.0) / 2) }
  }

  /// 16 quantiles of a normal distribution, 0 among them, scaled to −1…1 (Dettmers et al., QLoRA:
  /// Efficient Finetuning of Quantized LLMs, 2023, appendix E).
  static let nf4 = FourBitTable([
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1,
  ])

  /// A sign, and eight magnitudes of a twelfth: 0, 1/16, 8, 12, 4, 6, 2, 3. Both zeros are 0.
  static let fp4: FourBitTable = {
    let magnitudes = ([0, 0.0625, 8, 12, 4, 6, 2, 3] as [Float]).map { $0 / 12 }
    return FourBitTable(magnitudes + magnitudes.map { 0 - $0 })
  }()
}
