/// Codes of at most eight bits one behind the other, the first in the lowest bits of the first byte.
///
/// Written or read from the beginning. What is written ends at a byte.
struct BitStream {
  private(set) var bytes: [UInt8]
  private var byteIndex = 0
  /// Bits that are not in `bytes` yet, or were taken out of it and not given yet.
  private var pending: UInt32 = 0
  private var pendingCount: UInt32 = 0

  /// A stream to read.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A stream to write, of so many bytes.
  init(byteCount: Int) { bytes = [UInt8](repeating: 0, count: byteCount) }

  mutating func append(_ code: UInt32, bits: Int) {
    pending |= code << pendingCount
    pendingCount += UInt32(bits)
    while pendingCount >= 8 {
      bytes[byteIndex] = UInt8(truncatingIfNeeded: pending)
      byteIndex += 1
      pending >>= 8
      pendingCount -= 8
    }
  }

  mutating func next(bits: Int) -> UInt32 {
    if pendingCount < UInt32(bits) {
      pending |= UInt32(bytes[byteIndex]) << pendingCount
      byteIndex += 1
      pendingCount += 8
    }
    let code = pending & (1 << UInt32(bits) - 1)
    pending >>= UInt32(bits)
    pendingCount -= UInt32(bits)
    return code
  }
}
