import Glibc
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct DecodeTests {
  /// Opens a checkpoint of one tensor `x` with these bytes.
  private func with<Result>(
    _ type: String, _ shape: String, _ data: [UInt8],
    _ body: (SafetensorsCheckpoint) throws -> Result
  ) throws -> Result {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "a.safetensors",
        SafetensorsBytes.file(
          header: "{" + SafetensorsBytes.entry("x", type, shape, 0, data.count) + "}", data: data))
      return try body(try SafetensorsCheckpoint.open(path))
    }
  }

  @Test func floatsDecodeExactly() throws {
    // 1, -2, 0.5, infinity in each encoding, little endian.
    let encodings: [(String, [UInt8])] = [
      ("F32", [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F, 0, 0, 0x80, 0x7F]),
      ("F16", [0, 0x3C, 0, 0xC0, 0, 0x38, 0, 0x7C]),
      ("BF16", [0x80, 0x3F, 0, 0xC0, 0, 0x3F, 0x80, 0x7F]),
      (
        "F64",
        [0, 0, 0, 0, 0, 0, 0xF0, 0x3F] + [0, 0, 0, 0, 0, 0, 0, 0xC0]
          + [0, 0, 0, 0, 0, 0, 0xE0, 0x3F] + [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]
      ),
    ]
    for (type, data) in encodings {
      let values = try with(type, "[4]", data) { try $0.values(of: "x") }
      #expect(values == [1, -2, 0.5, .infinity], "\(type)")
    }
  }

  @Test func anyRangeOfRowsDecodes() throws {
    let columns = 3
    let data = (0..<24).flatMap { index -> [UInt8] in
      let bits = Float(index).bitPattern
      return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    try with("F32", "[8,3]", data) { checkpoint in
      for first in 0...8 {
        for end in first...8 {
          var values = [Float](repeating: -1, count: (end - first) * columns)
          var span = values.mutableSpan
          try checkpoint.decode("x", rows: first..<end, into: &span)
          #expect(values == (first * columns..<end * columns).map { Float($0) })
        }
      }
    }
  }

  /// Elements narrower than a byte: rows begin inside bytes, and pieces must not.
  @Test func anyRangeOfRowsOfNarrowElementsDecodes() throws {
    for (type, bitWidth) in [("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("F8_E4M3", 8)] {
      let columns = 3
      let data = (0..<8 * columns * bitWidth / 8).map { UInt8(truncatingIfNeeded: 37 * $0) }
      try with(type, "[8,3]", data.map { $0 & 0x77 }) { checkpoint in
        let all = try checkpoint.values(of: "x")
        #expect(Set(all).count > 4, "the values of \(type) must differ to show their places")
        for first in 0...8 {
          for end in first...8 {
            let values = try checkpoint.values(of: "x", rows: first..<end)
            #expect(values == Array(all[first * columns..<end * columns]), "\(type)")
          }
        }
      }
    }
  }

  @Test func tensorsLargerThanAPieceDecode() throws {
    // Pieces have 65536 elements; rows of 99 columns cross their borders.
    let count = 99 * 2100
    let data = (0..<count).flatMap { index -> [UInt8] in
      let bits = Float(index).bitPattern
      return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    try with("F32", "[2100,99]", data) { checkpoint in
      let values = try checkpoint.values(of: "x")
      #expect(values == (0..<count).map { Float($0) })
    }
  }

  @Test func tensorsBehindFourGibibytesDecode() throws {
    try TemporaryFolder.with { folder in
      // A file with a hole of the file system, which takes no space.
      let byteCount = 5 << 30
      let header =
        "{" + SafetensorsBytes.entry("x", "U8", "[\(byteCount)]", 0, byteCount) + ","
        + SafetensorsBytes.entry("y", "BF16", "[2,2]", byteCount, byteCount + 8) + "}"
      let path = try folder.write("a.safetensors", SafetensorsBytes.file(header: header))
      let offset = 8 + header.utf8.count + byteCount
      #expect(unsafe truncate(path, offset) == 0)
      let descriptor = unsafe open(path, O_WRONLY | O_APPEND)
      #expect(
        unsafe write(descriptor, [0x80, 0x3F, 0, 0x40, 0x40, 0x40, 0x80, 0x40] as [UInt8], 8) == 8)
      close(descriptor)
      let checkpoint = try SafetensorsCheckpoint.open(path)
      #expect(try checkpoint.values(of: "y", rows: 1..<2) == [3, 4])
      #expect(checkpoint.weight(named: "x")?.storedByteCount == byteCount)
    }
  }

  @Test func emptyTensorsDecodeToNothing() throws {
    #expect(try with("F32", "[0,4]", []) { try $0.values(of: "x") } == [])
    #expect(try with("F32", "[4,0]", []) { try $0.values(of: "x") } == [])
    #expect(try with("F32", "[0]", []) { try $0.values(of: "x") } == [])
  }

  @Test(arguments: [("BOOL", [1] as [UInt8]), ("C64", [0, 0, 0, 0, 0, 0, 0, 0])])
  func whatIsNoRealNumberIsAFailure(type: String, data: [UInt8]) throws {
    try with(type, "[1]", data) { checkpoint in
      let failure = #expect(throws: SafetensorsFailure.self) { try checkpoint.values(of: "x") }
      #expect(
        failure?.description == """
          \(checkpoint.origin): tensor "x": expected real numbers, found the dtype \(type)
          Such a tensor can be listed and copied, but not used as a weight.
          """)
    }
  }

  @Test func aFileCutShortWhileItIsOpenIsAFailure() throws {
    try with("U8", "[8]", [1, 2, 3, 4, 5, 6, 7, 8]) { checkpoint in
      let size = checkpoint.files[0].header.dataOffset + 3
      #expect(unsafe truncate(checkpoint.origin, size) == 0)
      let (file, tensor) = try #require(checkpoint.tensor(named: "x"))
      var bytes = [UInt8](repeating: 0, count: 8)
      let failure = #expect(throws: SafetensorsFailure.self) {
        var span = bytes.mutableSpan
        var output = unsafe span.mutableBytes
        try file.read(tensor, at: 0, into: &output)
      }
      #expect(
        failure?.description.hasPrefix(
          """
          \(checkpoint.origin): expected 8 bytes at byte \(size - 3), found the end of the file at \
          byte \(size)
          """) == true)
    }
  }

  @Test func descriptionsSayWhatIsStored() throws {
    try with("BF16", "[2,3]", [UInt8](repeating: 0, count: 12)) { checkpoint in
      #expect(
        checkpoint.weights == [
          WeightDescription(
            name: "x", shape: Shape([2, 3]), encoding: "BF16", storedByteCount: 12)
        ])
      #expect(checkpoint.weight(named: "x") == checkpoint.weights[0])
      #expect(checkpoint.weight(named: "y") == nil)
    }
  }
}
