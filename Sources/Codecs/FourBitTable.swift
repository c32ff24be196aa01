/// The 16 numbers that bitsandbytes' codes of four bits stand for, and which is nearest to a value.
struct FourBitTable: Sendable {
  /// The number of each code.
  let numbers: [Float]
  /// Where the sorted numbers meet: half way, in float32; then infinity. A value above the first k has
  /// the k-th of `order` as its code; on a border it has the lower.
  private let borders: [Float]
  private let order: [UInt8]
  /// How many borders lie below all values whose 64-fold rounds to the index, taken as eight bits in
  /// two's complement.
  private let bordersBelow: [UInt8]

  /// No more than three of the borders between the numbers may lie in a 64th.
  init(_ numbers: [Float]) {
    precondition(numbers.count == 16)
    self.numbers = numbers
    // FP4 has two zeros. The one with the sign bit comes first, and stands for what is negative.
    let sorted = numbers.indices.sorted {
      numbers[$0] != numbers[$1] ? numbers[$0] < numbers[$1] : $0 > $1
    }
    order = sorted.map { UInt8($0) }
    var borders: [Float] = []
    for (low, high) in zip(sorted.map { numbers[$0] }, sorted.dropFirst().map { numbers[$0] }) {
      borders.append(low == high ? -.leastNonzeroMagnitude : (low + high) / 2)
    }
    self.borders = borders + [.infinity]
    bordersBelow = (0..<256).map { index in
      let least = (Float(Int8(truncatingIfNeeded: index)) - 0.5) / 64
      return UInt8(borders.reduce(0) { $0 + ($1 < least ? 1 : 0) })
    }
  }

  /// Puts the codes nearest to values of −1…1, which are given as their multiples of 1 / `inverse`.
  func encode(
    _ values: Span<Float>, times inverse: Float, into codes: inout MutableSpan<UInt8>
  ) {
    let (borders, order, bordersBelow) = (borders.span, order.span, bordersBelow.span)
    for index in values.indices {
      let value = values[index] * inverse
      var below = Int(bordersBelow[Int((64 * value).roundedToByte)])
      // Without branches, which would be taken at random.
      below &+= value > borders[below] ? 1 : 0
      below &+= value > borders[below] ? 1 : 0
      below &+= value > borders[below] ? 1 : 0
      codes[index] = order[below]
    }
  }

  /// The code of 0.
  var zero: UInt8 { UInt8(numbers.firstIndex(of: 0) ?? 0) }

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
