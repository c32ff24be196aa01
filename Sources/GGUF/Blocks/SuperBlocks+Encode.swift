/// The types of 256 values with two levels of scales: Q2_K to Q6_K and IQ4_XS.
///
/// What codes and scales are is for `SuperBlockSearch`; here they get their places. formats/gguf.md,
/// section "Types".
struct SuperBlocks: BlockCoding, ~Copyable {
  private let type: BlockType
  private var search: SuperBlockSearch

  init(_ type: BlockType, _ grid: SuperBlockGrid) {
    self.type = type
    search = SuperBlockSearch(grid)
  }

  mutating func encode(_ block: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Bool {
    var codeBytes = InlineArray<256, UInt8>(repeating: 0)
    var codeSpan = codeBytes.mutableSpan
    guard let scales = search.search(block, codes: &codeSpan) else { return false }
    let codes = codeBytes.span
    for index in bytes.indices { bytes[index] = 0 }
    switch type {
    case .q2K: storeQ2K(scales, codes, &bytes)
    case .q3K: storeQ3K(scales, codes, &bytes)
    case .q4K: storeQ4K(scales, codes, &bytes)
    case .q5K: storeQ5K(scales, codes, &bytes)
    case .q6K: storeQ6K(scales, codes, &bytes)
    case .iq4XS: storeIQ4XS(scales, codes, &bytes)
    default: preconditionFailure("\(type.name) has no two levels of scales")
    }
    return true
  }

  private func storeQ2K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    for group in 0..<16 {
      bytes[group] = UInt8(scales.groupScales[group]) | UInt8(scales.groupMinima[group]) << 4
    }
    storeTwoBits(codes, after: 16, &bytes)
    bytes.store(scales.scale, at: 80)
    bytes.store(scales.minimum, at: 82)
  }

  private func storeQ3K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    for index in 0..<256 { bytes[index % 32] |= (codes[index] >> 2) << UInt8(index / 32) }
    storeTwoBits(codes, after: 32, &bytes)
    for group in 0..<16 {
      let integer = UInt8(scales.groupScales[group] + 32)
      bytes[96 + group % 8] |= (integer & 15) << UInt8(group / 8 * 4)
      bytes[104 + group % 4] |= (integer >> 4) << UInt8(group / 4 * 2)
    }
    bytes.store(scales.scale, at: 108)
  }

  private func storeQ4K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    bytes.store(scales.scale, at: 0)
    bytes.store(scales.minimum, at: 2)
    PackedScales.write(scales, at: 4, in: &bytes)
    storeNibbles(codes, after: 16, &bytes)
  }

  private func storeQ5K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    bytes.store(scales.scale, at: 0)
    bytes.store(scales.minimum, at: 2)
    PackedScales.write(scales, at: 4, in: &bytes)
    for index in 0..<256 { bytes[16 + index % 32] |= (codes[index] >> 4) << UInt8(index / 32) }
    storeNibbles(codes, after: 48, &bytes)
  }

  private func storeQ6K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    for index in 0..<256 {
      let place = SixBits(index)
      bytes[place.nibble] |= (codes[index] & 15) << place.nibbleShift
      bytes[place.pair] |= (codes[index] >> 4) << place.pairShift
    }
    for group in 0..<16 {
      bytes[192 + group] = UInt8(truncatingIfNeeded: scales.groupScales[group])
    }
    bytes.store(scales.scale, at: 208)
  }

  private func storeIQ4XS(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    bytes.store(scales.scale, at: 0)
    for group in 0..<8 {
      let integer = UInt8(scales.groupScales[group] + 32)
      bytes[2 + group / 4] |= (integer >> 4) << UInt8(group % 4 * 2)
      bytes[4 + group / 2] |= (integer & 15) << UInt8(group % 2 * 4)
      for index in 0..<16 {
        let first = 32 * group + index
        bytes[8 + 16 * group + index] = codes[first] | codes[first + 16] << 4
      }
    }
  }

  /// Of each 64 values 32 bytes, the first 32 values low.
  private func storeNibbles(
    _ codes: Span<UInt8>, after first: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    for index in 0..<128 {
      let low = index / 32 * 64 + index % 32
      bytes[first + index] = codes[low] & 15 | codes[low + 32] << 4
    }
  }

  /// Of each half of the block 32 bytes, the first 32 values lowest.
  private func storeTwoBits(
    _ codes: Span<UInt8>, after first: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    for index in 0..<256 {
      bytes[first + index / 128 * 32 + index % 32] |=
        (codes[index] & 3) << UInt8(index % 128 / 32 * 2)
    }
  }
}
