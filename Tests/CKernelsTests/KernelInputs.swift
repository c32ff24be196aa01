import CKernels
import Scalars

/// The levels to compare with the scalar one.
let levels = KernelLevel.available.map(\.rawValue)

/// Lengths that end in every part of a vector and of a block of 64.
let lengths = 0...130

/// Values whose handling differs most often: zeros, subnormal, extreme, ties, not finite.
let specials: [Float] = [
  0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
  .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, -.nan,
  Float(nan: 5, signaling: true), 0.5, -0.5, 1.5, -1.5, 2.5, 127.5, -127.5, 1e-30, 1e30,
]

/// A repeatable sequence of bits: SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Values in −4…4, so that quantizers both round and clamp.
func ordinaryValues(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in Float.random(in: -4...4, using: &generator) }
}

/// Ordinary values with every third one special.
func mixedValues(_ count: Int, seed: UInt64) -> [Float] {
  ordinaryValues(count, seed: seed).enumerated().map { index, value in
    index % 3 == 1 ? specials[(index / 3 + Int(seed)) % specials.count] : value
  }
}

/// Bits, with every NaN the same one: which NaN a sum gives is unspecified.
func comparableBits(_ values: [Double]) -> [UInt64] {
  values.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern }
}
