internal import Glibc
internal import Storage
public import Tensors

/// How much rounding noise codes carry at least, gathered as they stream by.
///
/// The original weights are gone, but what rounding them to codes has cost can be estimated from the
/// codes alone: where a code stands for all values around it in an interval as long as the step of
/// its lattice, and the originals lay evenly in it, the mean squared error is step² / 12. So
///
///     decibels = 10 log₁₀(Σ value² / Σ step² / 12),  value = code · scale
///
/// over all codes that are finite. The step is the distance of the code's magnitude to the next
/// larger one, or for the largest to the one before, times the scale: for integers the scale, for
/// FP8 the spacing at that code, which is smallest for subnormal ones.
///
/// **Limits**: an estimate under that assumption, not a bound for any one value. Clipped values
/// have cost more; so has a scale, or another step of the program that made the codes, that was
/// rounded itself; weights that lay on the lattice already have cost nothing. A rotation of the
/// columns changes neither sum.
public struct CodeNoise: Hashable, Sendable {
  /// Σ value².
  public private(set) var signal = 0.0
  /// Σ step² / 12.
  public private(set) var noise = 0.0

  public init() {}

  /// Adds codes that share a scale.
  public mutating func add(_ codes: Span<UInt8>, of lattice: CodeLattice, scale: Float) {
    var counts = [Int](repeating: 0, count: 256)
    for index in codes.indices { counts[Int(codes[index])] += 1 }
    var values = 0.0
    var steps = 0.0
    for code in 0..<256 where counts[code] > 0 {
      values += Double(counts[code]) * lattice.squaredValues[code]
      steps += Double(counts[code]) * lattice.squaredSteps[code]
    }
    let squaredScale = Double(scale) * Double(scale)
    signal += values * squaredScale
    noise += steps * squaredScale / 12
  }

  /// Adds the sums of other codes, as if there were `times` as many of them.
  public mutating func merge(_ other: CodeNoise, times: Double = 1) {
    signal += other.signal * times
    noise += other.noise * times
  }

  /// The signal-to-noise ratio at best; nil when every code is zero, or there is none.
  public var decibels: Double? {
    signal > 0 && noise > 0 ? 10 * log10(signal / noise) : nil
  }
}

/// The values of the 256 codes of a type and the distances between them.
public struct CodeLattice: Sendable {
  /// The square of each code's value; 0 for NaN and infinity.
  let squaredValues: [Double]
  /// The square of the step at each code; 0 for NaN and infinity.
  let squaredSteps: [Double]

  /// The lattice of a type of eight bits.
  public init(_ type: ElementType) {
    precondition(type.bitWidth == 8, "\(type.rawValue) has no 8-bit codes")
    let codes = (0..<256).map { UInt8($0) }
    var values = [Float](repeating: 0, count: 256)
    var span = values.mutableSpan
    decodeElements(codes.rawBytes, of: type, into: &span)
    let magnitudes = Set(values.filter(\.isFinite).map { Double($0.magnitude) }).sorted()
    var steps: [Double: Double] = [:]
    for (index, magnitude) in magnitudes.enumerated() {
      let next = min(index + 1, magnitudes.count - 1)
      steps[magnitude] = magnitudes[next] - magnitudes[next - 1]
    }
    squaredValues = values.map { $0.isFinite ? Double($0) * Double($0) : 0 }
    squaredSteps = values.map { value in
      guard let step = steps[Double(value.magnitude)] else { return 0 }
      return step * step
    }
  }
}
