internal import CKernels

/// The types of 32 values with one f16 scale, and with a minimum: Q8_0, Q4_0, Q5_0, Q4_1, Q5_1.
///
/// The bytes are those of ggml's own encoder: the scale follows from the extremes, and codes are
/// rounded with the scale as it was before it was rounded to f16. formats/gguf.md, section "Types".
struct RoundBlocks: BlockCoding {
  private let type: BlockType
  private let loops = RoundLoops()
  private var codes = [UInt8](repeating: 0, count: 32)

  init(_ type: BlockType) { self.type = type }

  mutating func encode(_ block: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Bool {
    switch type {
    case .q80: encodeBytes(block, into: &bytes)
    case .q40: encodeSigned(block, bits: 4, into: &bytes)
    case .q50: encodeSigned(block, bits: 5, into: &bytes)
    case .q41: encodeRange(block, bits: 4, into: &bytes)
    case .q51: encodeRange(block, bits: 5, into: &bytes)
    default: preconditionFailure("\(type.name) has no blocks of 32 with one scale")
    }
  }

  /// d = max |x| / 127, q = x / d to nearest, halves away from zero.
  private mutating func encodeBytes(
    _ block: Span<Float>, into bytes: inout MutableSpan<UInt8>
  ) -> Bool {
    let scale = loops.magnitude(block) / 127
    loops.halfAway(block, inverse: Self.inverse(scale), into: &codes)
    for index in 0..<32 { bytes[2 + index] = codes[index] }
    return store(scale, at: 0, in: &bytes)
  }

  /// d = m / −2ᵇ⁻¹ with m the first value of largest magnitude; q = x / d + 2ᵇ⁻¹ to nearest, halves
  /// up, at most 2ᵇ − 1.
  private mutating func encodeSigned(
    _ block: Span<Float>, bits: Int, into bytes: inout MutableSpan<UInt8>
  ) -> Bool {
    let half = Float(1 << (bits - 1))
    let scale = loops.firstExtreme(block) / -half
    loops.truncated(
      block, minimum: 0, inverse: Self.inverse(scale), addend: half + 0.5, high: 2 * half - 1,
      into: &codes)
    storeCodes(after: 2, bits: bits, in: &bytes)
    return store(scale, at: 0, in: &bytes)
  }

  /// d = (max − min) / (2ᵇ − 1), m = min; q = (x − m) / d to nearest, halves up.
  private mutating func encodeRange(
    _ block: Span<Float>, bits: Int, into bytes: inout MutableSpan<UInt8>
  ) -> Bool {
    var minimum = block[0]
    var maximum = block[0]
    for index in block.indices {
      if block[index] < minimum { minimum = block[index] }
      if block[index] > maximum { maximum = block[index] }
    }
    // So that −0 is stored as 0.
    minimum += 0
    maximum += 0
    let high = Float((1 << bits) - 1)
    let scale = (maximum - minimum) / high
    guard scale.isFinite else { return false }
    loops.truncated(
      block, minimum: minimum, inverse: Self.inverse(scale), addend: 0.5, high: high, into: &codes)
    storeCodes(after: 4, bits: bits, in: &bytes)
    let scaleFits = store(scale, at: 0, in: &bytes)
    return store(minimum, at: 2, in: &bytes) && scaleFits
  }

  /// 0 for a scale of 0, and for one so small that it has no reciprocal: as f16 it is 0 as well.
  private static func inverse(_ scale: Float) -> Float {
    (1 / scale).isFinite ? 1 / scale : 0
  }

  private func store(_ scale: Float, at index: Int, in bytes: inout MutableSpan<UInt8>) -> Bool {
    let number = Float16(scale)
    bytes.store(number, at: index)
    return number.isFinite
  }

  /// A fifth bit of each value, if there is one, then nibbles: value i low, value i + 16 high.
  private func storeCodes(after first: Int, bits: Int, in bytes: inout MutableSpan<UInt8>) {
    var nibbles = first
    if bits == 5 {
      for byte in 0..<4 {
        bytes[first + byte] = (0..<8).reduce(0) { $0 | (codes[8 * byte + $1] >> 4) << UInt8($1) }
      }
      nibbles += 4
    }
    for index in 0..<16 {
      bytes[nibbles + index] = codes[index] & 15 | codes[index + 16] << 4
    }
  }
}

extension DecodeBlock {
  static func q80(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for index in 0..<32 { values[index] = scale * Float(Int8(bitPattern: bytes[2 + index])) }
  }

  static func q40(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for index in 0..<16 {
      let byte = bytes[2 + index]
      values[index] = scale * Float(Int(byte & 15) - 8)
      values[index + 16] = scale * Float(Int(byte >> 4) - 8)
    }
  }

  static func q41(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    let minimum = bytes.half(at: 2)
    for index in 0..<16 {
      let byte = bytes[4 + index]
      values[index] = scale * Float(byte & 15) + minimum
      values[index + 16] = scale * Float(byte >> 4) + minimum
    }
  }

  static func q50(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    for index in 0..<32 {
      values[index] = scale * Float(Int(fiveBits(bytes, after: 2, index)) - 16)
    }
  }

  static func q51(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = bytes.half(at: 0)
    let minimum = bytes.half(at: 2)
    for index in 0..<32 {
      values[index] = scale * Float(fiveBits(bytes, after: 4, index)) + minimum
    }
  }

  private static func fiveBits(_ bytes: Span<UInt8>, after first: Int, _ index: Int) -> UInt8 {
    let high = bytes[first + index / 8] >> UInt8(index % 8) & 1
    let nibble = bytes[first + 4 + index % 16] >> UInt8(index / 16 * 4) & 15
    return nibble | high << 4
  }
}
