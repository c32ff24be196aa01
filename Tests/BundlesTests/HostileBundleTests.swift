import Bundles
import Failures
import Storage
import TestSupport
import Testing

/// Every way a file may lie, one case each: it must be refused with a message that says where.
@Suite struct HostileBundleTests {
  /// Bytes of the file before its header, changed.
  @Test(arguments: [
    ("another first byte", 0, UInt8(0), "expected a bundle"),
    ("another version", 8, 2, "expected version 1 of the bundle format, found version 2"),
    ("another checksum of the header", 12, 0, "header: expected checksum"),
    ("a header past the end", 17, 255, "expected the header to end with the file"),
    ("a length that overflows", 31, 255, "expected the header to end with the file"),
  ])
  func aPreludeThatLies(name: String, offset: Int, value: UInt8, message: String) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      var bytes = try folder.read("b")
      bytes[offset] = bytes[offset] == value ? value &+ 1 : value
      try folder.write("b", bytes)
      try expectRefused(folder.path("b"), message)
    }
  }

  @Test func anyTruncationIsRefused() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      let bytes = try folder.read("b")
      for count in [0, 1, 7, 8, 31, 32, 4096, bytes.count / 2, bytes.count - 1] {
        try folder.write("b", Array(bytes[..<count]))
        #expect(throws: BundleFailure.self, "\(count) bytes") {
          try Bundle.open(folder.path("b"))
        }
      }
      try folder.write("b", bytes + [0])
      #expect(throws: BundleFailure.self) { try Bundle.open(folder.path("b")) }
    }
  }

  /// Texts of the header, changed, under a right checksum.
  @Test(arguments: [
    ("\"mmdit-bundle\"", "\"other\"", "format: expected \"mmdit-bundle\""),
    ("\"flux2\"", "\"flux9\"", "architecture.family: expected flux2, flux1, sd3, "),
    ("\"head_count\":2", "\"head_count\":0", "expected width = head_count × head_size"),
    ("\"width\":32", "\"width\":0", "expected an axis of 1 to 16777216 values"),
    ("\"width\":32", "\"width\":16777217", "configuration.width: expected an integer from 0 to"),
    ("\"single_block_count\":2", "\"single_block_count\":4097", "expected 0 to 4096 repetitions"),
    ("\"has_guidance\":false", "\"has_guidance\":0", "has_guidance: expected a boolean"),
    ("\"head_size\":16", "\"head_size\":18", "expected width = head_count × head_size"),
    ("\"dtype\":\"BF16\"", "\"dtype\":\"I64\"", "tensors[0].dtype: expected BF16, F16 or F32"),
    ("\"shape\":[32,8]", "\"shape\":[32,9]", "tensors[0].values.bytes"),
    (
      "\"shape\":[32,8]", "\"shape\":[4611686018427387904,8]",
      "tensors[0].shape: expected a product that fits 63 bits"
    ),
    ("\"shape\":[32,8]", "\"shape\":[-32,-8]", "tensors[0].shape[0]"),
    ("\"name\":\"x_embedder.weight\"", "\"name\":\"context_embedder.weight\"", "found two"),
    ("\"offset\":4096,\"bytes\":36864", "\"offset\":4097,\"bytes\":36863", "multiple of 4096"),
    ("\"offset\":4096}", "\"offset\":4160}", "bytes"),
    ("\"offset\":4096}", "\"offset\":4}", "bytes 4096 to"),
    ("\"offset\":4096}", "\"offset\":9223372036854775807}", "offset"),
    ("\"tensors\":7}", "\"tensors\":8}", "tensors"),
    ("\"tensors\":7}", "\"tensors\":0}", "tensors"),
    ("\"crc32\":\"", "\"crc32\":\"z", "crc32: expected 8 hexadecimal digits"),
    ("\"version\":1,\"arch", "\"version\":2,\"arch", "version"),
    ("{\"format\"", "{\"extra\":1,\"format\"", "extra"),
    ("{\"format\"", "{\"format\":\"mmdit-bundle\",\"format\"", "format"),
    ("{\"format\"", "[\"format\"", ""),
  ])
  func aHeaderThatLies(text: String, replacement: String, message: String) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      try change(folder.path("b"), text, replacement)
      try expectRefused(folder.path("b"), message)
    }
  }

  @Test(arguments: [
    ("\"chunk_rows\":32", "\"chunk_rows\":0", "chunk_rows"),
    ("\"chunk_rows\":32", "\"chunk_rows\":31", "expected 2 chunks, found 1"),
    ("\"chunks\":[[4096,", "\"chunks\":[[4095,", "bytes 4096 to"),
    ("\"chunks\":[[4096,", "\"chunks\":[[4096,9,", "expected an offset and a length"),
    ("\"chunks\":[[4096,", "\"chunks\":[[4096,0],[4096,", "expected 1 chunks, found 2"),
  ])
  func aCompressedHeaderThatLies(text: String, replacement: String, message: String) throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"), compress: true)
      try change(folder.path("b"), text, replacement)
      try expectRefused(folder.path("b"), message)
    }
  }

  @Test func aTensorTooManyOrTooFewIsNotTheNetwork() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      try change(folder.path("b"), "\"x_embedder.weight\"", "\"y_embedder.weight\"")
      let bundle = try Bundle.open(folder.path("b"))
      let failure = #expect(throws: (any Error).self) { _ = try bundle.canonicalWeights() }
      #expect("\(String(describing: failure))".contains("x_embedder.weight"))
    }
  }

  /// Each segment's first byte, changed: the check names the tensor and the segment.
  @Test(arguments: [false, true])
  func aChangedByteIsFoundAndNamed(compress: Bool) throws {
    try TemporaryFolder.with { folder in
      let header = try BundleBuilder.write(to: folder.path("b"), compress: compress)
      let bytes = try folder.read("b")
      for tensor in header.tensors {
        for segment in tensor.segments {
          var changed = bytes
          // The last byte, which in a frame is content and not the frame's own header.
          changed[segment.runs[0].end - 1] ^= 0x10
          try folder.write("b", changed)
          let bundle = try Bundle.open(folder.path("b"))
          let failure = #expect(throws: BundleFailure.self) { try bundle.check() }
          let place = "tensor \"\(tensor.name)\": \(segment.kind.rawValue)"
          #expect(failure?.description.contains(place) == true, "\(String(describing: failure))")
        }
      }
    }
  }

  @Test func aByteBetweenSegmentsIsFound() throws {
    try TemporaryFolder.with { folder in
      try BundleBuilder.write(to: folder.path("b"))
      var bytes = try folder.read("b")
      bytes[100] = 1
      try folder.write("b", bytes)
      let bundle = try Bundle.open(folder.path("b"))
      #expect(throws: BundleFailure.strayBytes(path: bundle.path, offset: 100)) {
        try bundle.check()
      }
    }
  }

  private func change(_ path: String, _ text: String, _ replacement: String) throws {
    try BundleBuilder.rewriteHeader(of: path) { header in
      guard let range = header.firstRange(of: text) else {
        Issue.record("the header has no \(text)")
        return header
      }
      return header.replacingCharacters(range, with: replacement)
    }
  }

  private func expectRefused(_ path: String, _ message: String) throws {
    let error = #expect(throws: (any Error).self) { _ = try Bundle.open(path) }
    let failure = try #require(error as? any DiagnosedFailure)
    #expect(failure.description.contains(message), "\(failure)")
    #expect(failure.description.contains(path))
    #expect(failure.kind == .badData)
  }
}

extension String {
  fileprivate func replacingCharacters(
    _ range: Range<String.Index>, with text: String
  ) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
