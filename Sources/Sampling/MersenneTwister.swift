/// The generator MT19937 of Matsumoto and Nishimura (1998): 32 random bits at a time.
struct MersenneTwister {
  private static let count = 624
  private static let distance = 397

  private var state: [UInt32]
  private var next = MersenneTwister.count

  init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.count)
    for index in 1..<Self.count {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
  }

  mutating func bits() -> UInt32 {
    if next == Self.count { twist() }
    var bits = state[next]
    next += 1
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9d2c_5680
    bits ^= (bits << 15) & 0xefc6_0000
    return bits ^ (bits >> 18)
  }

  private mutating func twist() {
    for index in 0..<Self.count {
      let joined =
        (state[index] & 0x8000_0000) | (state[(index + 1) % Self.count] & 0x7fff_ffff)
      let mask: UInt32 = joined & 1 == 0 ? 0 : 0x9908_b0df
      state[index] = state[(index + Self.distance) % Self.count] ^ (joined >> 1) ^ mask
    }
    next = 0
  }
}
