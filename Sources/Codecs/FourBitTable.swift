internal import CKernels
internal import Scalars

/// The 16 numbers that bitsandbytes' codes of four bits stand for, and which is nearest to a value.
struct FourBitTable: Sendable {
  /// The number of each code.
  let numbers: [Float]
  /// Where the sorted numbers meet: half way, in float32. A value above the first k has the k-th of
  /// `order` as its code; on a border it has the lower.
  private let borders: [Float]
  private let order: [UInt8]

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
    self.borders = borders
  }

  /// The codes nearest to the values of blocks of 64 as shares of the block's largest magnitude, two to a
  /// byte, the even one in the high bits, and those magnitudes. An odd count is followed by the code
  /// of 0; the values are finite.
  func encode(_ values: Span<Float>) -> (packed: [UInt8], magnitudes: [Float]) {
    var packed = [UInt8](repeating: 0, count: (values.count + 1) / 2)
    var magnitudes = [Float](repeating: 0, count: (values.count + 63) / 64)
    // A span, 15 borders, 16 codes, and room for the codes and magnitudes of its values.
    unsafe values.withUnsafeBufferPointer { values in
      unsafe mmdit_encode_codebook(
        KernelLevel.best.rawValue, values.baseAddress, values.count, borders, order, &packed,
        &magnitudes)
    }
    return (packed, magnitudes)
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
