/// Decoding of the types of 256 values: each value is computed as ggml's reference does, d·s first,
/// so that the results are the same to the last bit. formats/gguf.md, section "Types".
extension DecodeBlock {
  static func q2K(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 80)
    let minimum = bytes.half(at: 82)
    for group in 0..<16 {
      let step = scale * Float(bytes[group] & 15)
      let offset = minimum * Float(bytes[group] >> 4)
      for index in group * 16..<group * 16 + 16 {
        values[index] = step * Float(twoBits(bytes, after: 16, index)) - offset
      }
    }
  }

  static func q3K(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 108)
    for group in 0..<16 {
      let low = bytes[96 + group % 8] >> UInt8(group / 8 * 4) & 15
      let high = bytes[104 + group % 4] >> UInt8(group / 4 * 2) & 3
      let step = scale * Float(Int(low | high << 4) - 32)
      for index in group * 16..<group * 16 + 16 {
        let third = bytes[index % 32] >> UInt8(index / 32) & 1
        let code = twoBits(bytes, after: 32, index) | third << 2
        values[index] = step * Float(Int(code) - 4)
      }
    }
  }

  static func q4K(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    let minimum = bytes.half(at: 2)
    for group in 0..<8 {
      let integers = PackedScales.read(bytes, at: 4, group)
      let step = scale * Float(integers.scale)
      let offset = minimum * Float(integers.minimum)
      let first = 16 + group / 2 * 32
      let shift = UInt8(group % 2 * 4)
      for index in 0..<32 {
        values[group * 32 + index] = step * Float(bytes[first + index] >> shift & 15) - offset
      }
    }
  }

  static func q5K(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    let minimum = bytes.half(at: 2)
    for group in 0..<8 {
      let integers = PackedScales.read(bytes, at: 4, group)
      let step = scale * Float(integers.scale)
      let offset = minimum * Float(integers.minimum)
      let first = 48 + group / 2 * 32
      let shift = UInt8(group % 2 * 4)
      for index in 0..<32 {
        let fifth = bytes[16 + index] >> UInt8(group) & 1
        let code = bytes[first + index] >> shift & 15 | fifth << 4
        values[group * 32 + index] = step * Float(code) - offset
      }
    }
  }

  static func q6K(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 208)
    for group in 0..<16 {
      let step = scale * Float(Int8(bitPattern: bytes[192 + group]))
      for index in group * 16..<group * 16 + 16 {
        let place = SixBits(index)
        let low = bytes[place.nibble] >> place.nibbleShift & 15
        let high = bytes[place.pair] >> place.pairShift & 3
        values[index] = step * Float(Int(low | high << 4) - 32)
      }
    }
  }

  static func iq4NL(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for index in 0..<16 {
      let byte = Int(bytes[2 + index])
      values[index] = scale * NonlinearTable.levels[byte & 15]
      values[index + 16] = scale * NonlinearTable.levels[byte >> 4]
    }
  }

  static func iq4XS(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for group in 0..<8 {
      let low = bytes[4 + group / 2] >> UInt8(group % 2 * 4) & 15
      let high = bytes[2 + group / 4] >> UInt8(group % 4 * 2) & 3
      let step = scale * Float(Int(low | high << 4) - 32)
      for index in 0..<16 {
        let byte = Int(bytes[8 + 16 * group + index])
        values[32 * group + index] = step * NonlinearTable.levels[byte & 15]
        values[32 * group + index + 16] = step * NonlinearTable.levels[byte >> 4]
      }
    }
  }

  /// The two bits of a value: of each half of the block 32 bytes, the first 32 values lowest.
  private static func twoBits(_ bytes: Span<UInt8>, after first: Int, _ index: Int) -> UInt8 {
    bytes[first + index / 128 * 32 + index % 32] >> UInt8(index % 128 / 32 * 2) & 3
  }
}

/// Where a value of Q6_K has its low four and its high two bits.
struct SixBits {
  let nibble: Int
  let nibbleShift: UInt8
  let pair: Int
  let pairShift: UInt8

  init(_ index: Int) {
    let half = index / 128
    let quarter = index % 128 / 32
    nibble = half * 64 + quarter % 2 * 32 + index % 32
    nibbleShift = UInt8(quarter / 2 * 4)
    pair = 128 + half * 32 + index % 32
    pairShift = UInt8(quarter * 2)
  }
}

/// The twelve bytes with the six-bit scales and minima of eight groups in Q4_K and Q5_K.
enum PackedScales {
  static func read(
    _ bytes: Span<UInt8>, at first: Int, _ group: Int
  ) -> (scale: UInt8, minimum: UInt8) {
    if group < 4 { return (bytes[first + group] & 63, bytes[first + group + 4] & 63) }
    let low = bytes[first + group + 4]
    return (
      low & 15 | (bytes[first + group - 4] >> 6) << 4, low >> 4 | (bytes[first + group] >> 6) << 4
    )
  }

  static func write(
    _ scales: SuperBlockScales, at first: Int, in bytes: inout MutableSpan<UInt8>
  ) {
    for group in 0..<4 {
      let scale = UInt8(scales.groupScales[group + 4])
      let minimum = UInt8(scales.groupMinima[group + 4])
      bytes[first + group] = UInt8(scales.groupScales[group]) | (scale >> 4) << 6
      bytes[first + group + 4] = UInt8(scales.groupMinima[group]) | (minimum >> 4) << 6
      bytes[first + group + 8] = scale & 15 | minimum << 4
    }
  }
}
