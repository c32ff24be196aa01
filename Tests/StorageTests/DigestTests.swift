import Storage
import Testing

@Suite struct DigestTests {
  /// FIPS 180-4 example: the digest of "abc".
  @Test func sha256OfTheStandardsExample() {
    var digest = SHA256Digest()
    digest.update(Array("ab".utf8).rawBytes)
    digest.update(Array("c".utf8).rawBytes)
    #expect(
      digest.hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  /// The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
  @Test func crc32OfTheCataloguesCheckString() {
    #expect(CRC32(Array("123456789".utf8).rawBytes).value == 0xCBF4_3926)
    #expect(CRC32().value == 0)
  }

  @Test(arguments: [0, 1, 7, 1000])
  func crc32OfPiecesCombines(cut: Int) {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* $0) }
    var combined = CRC32(Array(bytes[..<cut]).rawBytes)
    combined.append(CRC32(Array(bytes[cut...]).rawBytes), byteCount: 1000 - cut)
    #expect(combined == CRC32(bytes.rawBytes))
  }
}

@Suite struct ZstdChunkTests {
  @Test func compressibleBytesComeBack() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 1000) }
    let frame = try #require(try ZstdChunk.compress(bytes.rawBytes))
    var output = [UInt8](repeating: 255, count: bytes.count)
    var span = output.mutableSpan
    var raw = span.mutableRawBytes
    try ZstdChunk.decompress(frame.rawBytes, into: &raw)
    #expect(output == bytes)
  }

  @Test func bytesWithoutPatternStayAsTheyAre() throws {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    #expect(try ZstdChunk.compress(bytes.rawBytes) == nil)
  }

  @Test(arguments: [99_999, 100_001])
  func anotherSizeIsDamage(expected: Int) throws {
    let bytes = [UInt8](repeating: 3, count: 100_000)
    let frame = try #require(try ZstdChunk.compress(bytes.rawBytes))
    var output = [UInt8](repeating: 0, count: expected)
    #expect(throws: StorageFailure.self) {
      var span = output.mutableSpan
      var raw = span.mutableRawBytes
      try ZstdChunk.decompress(frame.rawBytes, into: &raw)
    }
  }

  @Test func noiseIsDamage() throws {
    var output = [UInt8](repeating: 0, count: 10)
    #expect(throws: StorageFailure.self) {
      var span = output.mutableSpan
      var raw = span.mutableRawBytes
      try ZstdChunk.decompress([1, 2, 3, 4, 5].rawBytes, into: &raw)
    }
  }
}
