import Failures
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct AcceptedHeaderTests {
  private func open(_ bytes: [UInt8]) throws -> SafetensorsHeader {
    try TemporaryFolder.with { folder in
      try SafetensorsFile.open(try folder.write("a.safetensors", bytes)).header
    }
  }

  @Test func everyTypeOpensWithItsSize() throws {
    for type in ElementType.allCases {
      let tensor = try #require(
        try open(SafetensorsBytes.file([("x", type, [2, 4])]))["x"])
      #expect(tensor.elementType == type)
      #expect(tensor.shape == Shape([2, 4]))
      #expect(tensor.byteRange.count == type.bitWidth)
    }
  }

  @Test func tensorsComeInTheOrderOfTheirBytes() throws {
    let header = try open(
      SafetensorsBytes.file(
        header: "{" + SafetensorsBytes.entry("b", "U8", "[2]", 3, 5) + ","
          + SafetensorsBytes.entry("none", "F32", "[0,7]", 3, 3) + ","
          + SafetensorsBytes.entry("a", "U8", "[3]", 0, 3) + "}", data: [1, 2, 3, 4, 5]))
    #expect(header.tensors.map(\.name) == ["a", "none", "b"])
    #expect(header["b"]?.byteRange == header.dataOffset + 3..<header.dataOffset + 5)
    #expect(header["missing"] == nil)
  }

  @Test func unalignedHeadersAndDataOpen() throws {
    let header = try open(SafetensorsBytes.file([("x", .uint8, [1]), ("y", .float64, [1])]))
    #expect(!header.dataOffset.isMultiple(of: 8))
    #expect(header["y"]?.byteRange.lowerBound == header.dataOffset + 1)
  }

  @Test func scalarsHaveOneElement() throws {
    let header = try open(SafetensorsBytes.file([("x", .float32, [])]))
    #expect(header["x"]?.shape.extents == [])
    #expect(header["x"]?.byteRange.count == 4)
  }

  @Test func aFileWithoutTensorsOpens() throws {
    #expect(try open(SafetensorsBytes.file(header: "{}")).tensors.isEmpty)
  }

  @Test func paddingWithSpacesIsPartOfTheHeader() throws {
    #expect(try open(SafetensorsBytes.file(header: "{}      ")).dataOffset == 16)
  }

  @Test func metadataKeepTheirOrder() throws {
    let header = try open(
      SafetensorsBytes.file([], metadata: #"{"z":"1","format":"pt","a":""}"#))
    #expect(header.metadata.map(\.key) == ["z", "format", "a"])
    #expect(header.metadata("format") == "pt")
    #expect(header.metadata("missing") == nil)
  }

  @Test func nullMetadataAreNone() throws {
    #expect(try open(SafetensorsBytes.file([], metadata: "null")).metadata.isEmpty)
  }

  @Test func aFileThatIsNotThereIsAFailureOfInput() throws {
    let failure = #expect(throws: SafetensorsFailure.self) {
      try SafetensorsFile.open("/nowhere/a.safetensors")
    }
    #expect(
      failure
        == .storage(.system(path: "/nowhere/a.safetensors", action: "open it", code: 2)))
    #expect(failure?.kind == .inputOutput)
  }

  @Test func bytesAndReadsAgree() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(
        "a.safetensors", SafetensorsBytes.file([("x", .uint8, [3]), ("y", .uint8, [5])]))
      let file = try SafetensorsFile.open(path)
      let tensor = try #require(file.header["y"])
      let bytes = file.bytes(of: tensor)
      #expect(bytes.byteCount == 5)
      var read = [UInt8](repeating: 0, count: 4)
      var span = read.mutableSpan
      var output = span.mutableRawBytes
      try file.read(tensor, at: 1, into: &output)
      #expect(read == [4, 5, 6, 7])
      #expect(unsafe bytes.withUnsafeBytes { unsafe Array($0) } == [3, 4, 5, 6, 7])
    }
  }
}
