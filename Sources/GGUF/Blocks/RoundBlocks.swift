internal import CKernels
internal import Scalars

/// The types of 32 values with one f16 scale, and with a minimum: Q8_0, Q4_0, Q5_0, Q4_1, Q5_1.
///
/// The bytes are those of ggml's own encoder: the scale follows from the extremes, and codes are
/// rounded with the scale as it was before it was rounded to f16. formats/gguf.md, section "Types".
struct RoundBlocks {
  private let type: BlockType
  private let level = KernelLevel.best.rawValue

  init(_ type: BlockType) { self.type = type }

  /// Encodes blocks of finite values; gives the first value of the first block whose scale is beyond
  /// f16, if there is one.
  func encode(_ values: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Int? {
    let count = values.count / 32
    precondition(values.count == 32 * count && bytes.count == count * type.bytesPerBlock)
    let held = unsafe values.withUnsafeBufferPointer { values in
      // As many blocks as both have; the type has ggml's own number.
      unsafe bytes.withUnsafeMutableBufferPointer { bytes in
        unsafe mmdit_encode_blocks(
          level, values.baseAddress, count, Int32(type.rawValue), bytes.baseAddress)
      }
    }
    return held == count ? nil : 32 * held
  }
}

extension DecodeBlock {
  /// Whole blocks of Q8_0, as many as both have.
  static func everyQ80(_ bytes: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let count = values.count / 32
    precondition(values.count == 32 * count && bytes.count == 34 * count)
    unsafe bytes.withUnsafeBufferPointer { bytes in
      // As many blocks as both have, by the line above.
      unsafe values.withUnsafeMutableBufferPointer { values in
        unsafe mmdit_decode_bytes(
          KernelLevel.best.rawValue, bytes.baseAddress, count, values.baseAddress)
      }
    }
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
