import CKernels
import Testing

@Suite struct ChecksumKernelTests {
  private let levels = Array(0...mmdit_best_checksum_level())

  /// The checksum bit by bit, as ITU-T V.42 defines it.
  private func expected(_ bytes: some Sequence<UInt8>, after checksum: UInt32) -> UInt32 {
    var state = ~checksum
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~state
  }

  /// The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
  @Test func everyLevelHasTheCataloguesCheckValue() {
    for level in levels {
      #expect(unsafe mmdit_crc32(level, 0, Array("123456789".utf8), 9) == 0xCBF4_3926)
    }
  }

  /// Below one turn of the lanes, at its end, in its rests, and after several.
  @Test func everyLengthAndAlignmentHasTheSameChecksumAtEveryLevel() {
    let bytes = (0..<1200).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    for count in Array(0...300) + [383, 384, 385, 511, 512, 513, 1023, 1024, 1195] {
      for (first, checksum) in [(0, UInt32(0)), (1, 0xFFFF_FFFF), (5, 0x1234_5678)] {
        let part = Array(bytes[first..<min(bytes.count, first + count)])
        let value = expected(part, after: checksum)
        for level in levels {
          let found = unsafe bytes.withUnsafeBytes {
            unsafe mmdit_crc32(level, checksum, $0.baseAddress! + first, part.count)
          }
          #expect(found == value, "level \(level), \(count) bytes from \(first)")
        }
      }
    }
  }

  @Test func noBytesLeaveAChecksumAsItIs() {
    for level in levels { #expect(mmdit_crc32(level, 0xABCD_EF01, nil, 0) == 0xABCD_EF01) }
  }
}
