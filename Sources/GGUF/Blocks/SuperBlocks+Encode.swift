internal import CKernels
internal import Scalars

/// The types whose scales are searched for: Q2_K to Q6_K, IQ4_NL and IQ4_XS.
///
/// What codes and scales are is for `SuperBlockSearch`; here they get their places. formats/gguf.md,
/// section "Types".
struct SuperBlocks: ~Copyable {
  private let type: BlockType
  private let level = KernelLevel.best.rawValue
  private var search: SuperBlockSearch

  init(_ type: BlockType, _ grid: SuperBlockGrid) {
    self.type = type
    search = SuperBlockSearch(grid)
  }

  /// Encodes blocks of finite values, whose bytes are 0; gives the first value of the first block whose
  /// scale is beyond f16, if there is one.
  mutating func encode(_ values: Span<Float>, into bytes: inout MutableSpan<UInt8>) -> Int? {
    let count = type.elementsPerBlock
    let size = type.bytesPerBlock
    for first in stride(from: 0, to: values.count / count, by: SuperBlockSearch.batch) {
      let end = min(values.count / count, first + SuperBlockSearch.batch)
      if let block = search.search(values.extracting(first * count..<end * count)) {
        return (first + block) * count
      }
      for block in first..<end {
        let scales = search.scales(block - first)
        var output = bytes._mutatingExtracting(block * size..<(block + 1) * size)
        search.codes(block - first) { store(scales, $0, &output) }
      }
    }
    return nil
  }

  private func store(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    switch type {
    case .q2K: storeQ2K(scales, codes, &bytes)
    case .q3K: storeQ3K(scales, codes, &bytes)
    case .q4K: storeQ4K(scales, codes, &bytes)
    case .q5K: storeQ5K(scales, codes, &bytes)
    case .q6K: storeQ6K(scales, codes, &bytes)
    case .iq4NL: storeIQ4NL(scales, codes, &bytes)
    case .iq4XS: storeIQ4XS(scales, codes, &bytes)
    default: preconditionFailure("\(type.name) is not searched for")
    }
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
    for part in 0..<8 { merge(codes, 32 * part, 32, bits: 1, above: 2, at: part, of: 0, &bytes) }
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
    for part in 0..<8 { merge(codes, 32 * part, 32, bits: 1, above: 4, at: part, of: 16, &bytes) }
    storeNibbles(codes, after: 48, &bytes)
  }

  /// Of each half of the block 64 bytes with low bits, and 32 with high bits.
  private func storeQ6K(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    for part in 0..<8 {
      let (half, quarter) = (part / 4, part % 4)
      merge(
        codes, 32 * part, 32, bits: 4, above: 0, at: quarter / 2 * 4,
        of: 64 * half + quarter % 2 * 32, &bytes)
      merge(codes, 32 * part, 32, bits: 2, above: 4, at: 2 * quarter, of: 128 + 32 * half, &bytes)
    }
    for group in 0..<16 { bytes[192 + group] = UInt8(bitPattern: scales.groupScales[group]) }
    bytes.store(scales.scale, at: 208)
  }

  /// Where an integer of 0 is best, the scale is 0.
  private func storeIQ4NL(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    bytes.store(scales.groupScales[0] == 0 ? 0 : scales.scale, at: 0)
    storeHalves(codes, 0, of: 2, &bytes)
  }

  private func storeIQ4XS(
    _ scales: SuperBlockScales, _ codes: Span<UInt8>, _ bytes: inout MutableSpan<UInt8>
  ) {
    bytes.store(scales.scale, at: 0)
    for group in 0..<8 {
      let integer = UInt8(scales.groupScales[group] + 32)
      bytes[2 + group / 4] |= (integer >> 4) << UInt8(group % 4 * 2)
      bytes[4 + group / 2] |= (integer & 15) << UInt8(group % 2 * 4)
      storeHalves(codes, 32 * group, of: 8 + 16 * group, &bytes)
    }
  }

  /// Of 32 values 16 bytes, the first 16 values low.
  private func storeHalves(
    _ codes: Span<UInt8>, _ first: Int, of byte: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    merge(codes, first, 16, bits: 4, above: 0, at: 0, of: byte, &bytes)
    merge(codes, first + 16, 16, bits: 4, above: 0, at: 4, of: byte, &bytes)
  }

  /// Of each 64 values 32 bytes, the first 32 values low.
  private func storeNibbles(
    _ codes: Span<UInt8>, after first: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    for part in 0..<8 {
      merge(
        codes, 32 * part, 32, bits: 4, above: 0, at: part % 2 * 4, of: first + part / 2 * 32,
        &bytes)
    }
  }

  /// Of each half of the block 32 bytes, the first 32 values lowest.
  private func storeTwoBits(
    _ codes: Span<UInt8>, after first: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    for part in 0..<8 {
      merge(
        codes, 32 * part, 32, bits: 2, above: 0, at: part % 4 * 2, of: first + part / 4 * 32,
        &bytes)
    }
  }

  /// Puts `bits` bits above bit `shift` of consecutive codes at bit `place` of consecutive bytes.
  private func merge(
    _ codes: Span<UInt8>, _ first: Int, _ count: Int, bits: Int32, above shift: Int32,
    at place: Int, of byte: Int, _ bytes: inout MutableSpan<UInt8>
  ) {
    let source = codes.extracting(first..<first + count)
    var target = bytes._mutatingExtracting(byte..<byte + count)
    // Both have this count.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        unsafe mmdit_merge_codes(
          level, source.baseAddress, count, shift, (1 << bits) - 1, Int32(place),
          target.baseAddress)
      }
    }
  }
}
