import Parallel
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WriterTests {
  private func layout(_ path: String = "out") throws -> SafetensorsLayout {
    try SafetensorsLayout(
      [
        .init(name: "b", elementType: .float32, shape: Shape([2])),
        .init(name: "a", elementType: .uint8, shape: Shape([5])),
        .init(name: "none", elementType: .bfloat16, shape: Shape([0])),
      ], metadata: [.init(key: "format", value: "pt")], path: path)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch { return "\(error)".split(separator: "\n").first.map(String.init) ?? "" }
  }

  @Test func theLayoutIsKnownBeforeTheFirstByte() throws {
    let layout = try layout()
    #expect(layout.header.tensors.map(\.name) == ["b", "none", "a"])
    #expect(layout.header.dataOffset.isMultiple(of: 8))
    #expect(layout.byteCount == layout.header.dataOffset + 8 + 5)
  }

  @Test func bytesArriveInAnyOrder() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.safetensors")
      let layout = try layout(path)
      let writer = try SafetensorsWriter.create(path, layout: layout)
      try writer.write([4, 5].rawBytes, of: "a", at: 3)
      try writer.write([1, 2, 3, 4, 5, 6, 7, 8].rawBytes, of: "b", at: 0)
      try writer.write([1].rawBytes, of: "a", at: 0)
      let nothing: [UInt8] = []
      try writer.write(nothing.rawBytes, of: "a", at: 5)
      try writer.write([2, 3].rawBytes, of: "a", at: 1)
      #expect(FileSystem.kind(of: path) == nil)
      try writer.commit()
      let bytes = try folder.read("a.safetensors")
      #expect(bytes.count == layout.byteCount)
      #expect(bytes[layout.header.dataOffset...] == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5])
      let header = try SafetensorsFile.open(path).header
      #expect(header.tensors == layout.header.tensors)
      #expect(header.metadata == layout.header.metadata)
    }
  }

  @Test func anUnfinishedFileDoesNotAppear() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.safetensors")
      try folder.write("a.safetensors", [7])
      let writer = try SafetensorsWriter.create(path, layout: try layout(path))
      try writer.write([1, 2].rawBytes, of: "a", at: 1)
      do throws(SafetensorsFailure) {
        try writer.commit()
        Issue.record("the file was finished without its bytes")
      } catch {
        #expect(
          error
            == SafetensorsFailure.incomplete(file: path, tensor: "b", written: 0, expected: 8))
        #expect(
          "\(error)".hasPrefix(
            "\(path): tensor \"b\": expected 8 bytes before the file is finished, found 0\n"))
      }
      #expect(try folder.read("a.safetensors") == [7])
      #expect(try FileSystem.names(in: folder.path) == ["a.safetensors"])
    }
  }

  @Test func noByteIsWrittenTwice() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.safetensors")
      let writer = try SafetensorsWriter.create(path, layout: try layout(path))
      try writer.write([1, 2].rawBytes, of: "a", at: 2)
      for (bytes, offset) in [([1, 2], 1), ([1], 2), ([1], 3), ([1, 2, 3, 4, 5], 0)]
        as [([UInt8], Int)]
      {
        #expect(
          message { try writer.write(bytes.rawBytes, of: "a", at: offset) } == """
            \(path): tensor "a": expected every byte once, found \(offset)..<\
            \(offset + bytes.count) written again
            """)
      }
    }
  }

  @Test func bytesOutsideOfATensorAreRefused() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.safetensors")
      let writer = try SafetensorsWriter.create(path, layout: try layout(path))
      for (name, offset) in [("a", 4), ("a", -1), ("a", .max), ("missing", 0)] {
        #expect(
          message { try writer.write([1, 2].rawBytes, of: name, at: offset) }.contains(
            "tensor \"\(name)\": expected bytes within its \(name == "a" ? 5 : 0), found \(offset)")
        )
      }
    }
  }

  @Test func namesMustBeFreeAndDistinct() throws {
    for names in [["x", "x"], ["\u{E9}", "e\u{301}"], ["__metadata__"]] {
      #expect(throws: SafetensorsFailure.self) {
        try SafetensorsLayout(
          names.map { .init(name: $0, elementType: .uint8, shape: Shape([1])) }, path: "out")
      }
    }
    #expect(
      throws: SafetensorsFailure.metadata(file: "out", key: "a", found: "two")
    ) {
      try SafetensorsLayout(
        [], metadata: [.init(key: "a", value: "1"), .init(key: "a", value: "2")], path: "out")
    }
  }

  @Test func sizesThatNoFileHasAreRefused() throws {
    let large = SafetensorsLayout.Entry(
      name: "x", elementType: .uint8, shape: Shape([1 << 59]))
    #expect(throws: Never.self) { try SafetensorsLayout([large], path: "out") }
    #expect(throws: SafetensorsFailure.self) {
      try SafetensorsLayout(
        (0..<16).map { .init(name: "\($0)", elementType: .uint8, shape: large.shape) }, path: "out")
    }
    #expect(
      throws: SafetensorsFailure.partialByte(
        file: "out", tensor: "x", type: .float6E2M3, shape: Shape([2]), bitCount: 12)
    ) {
      try SafetensorsLayout(
        [.init(name: "x", elementType: .float6E2M3, shape: Shape([2]))], path: "out")
    }
  }

  /// Random tensors, written in random pieces by several threads, read back the same; and the same
  /// tensors in another order give the same bytes.
  @Test func whatIsWrittenIsRead() throws {
    let seed: UInt64 = 0x5AFE_0002
    var random = SeededGenerator(seed: seed)
    for round in 0..<40 {
      let entries = (0..<Int.random(in: 0..<12, using: &random)).map { index in
        SafetensorsLayout.Entry(
          name: "t\(index).\u{1F600}",
          elementType: ElementType.allCases.randomElement(using: &random) ?? .uint8,
          shape: Shape(
            (0..<Int.random(in: 0..<3, using: &random)).map { _ in
              Int.random(in: 0..<9, using: &random)
            } + [4]))
      }
      let contents = Dictionary(
        uniqueKeysWithValues: entries.map { entry in
          (
            entry.name,
            (0..<(entry.elementType.byteCount(of: entry.shape.count) ?? 0)).map { _ in
              UInt8.random(in: 0...255, using: &random)
            }
          )
        })
      let pieceByteCount = Int.random(in: 1..<40, using: &random)
      try TemporaryFolder.with { folder in
        for (name, entries) in [("a", entries), ("b", entries.reversed())] {
          let writer = try SafetensorsWriter.create(
            folder.path(name), layout: try SafetensorsLayout(entries, path: folder.path(name)))
          for entry in entries {
            let content = contents[entry.name] ?? []
            try forEachChunk(of: content.count, chunk: pieceByteCount, threads: 3) { range in
              try writer.write(Array(content[range]).rawBytes, of: entry.name, at: range.lowerBound)
            }
          }
          try writer.commit()
        }
        let file = try SafetensorsFile.open(folder.path("a"))
        for entry in entries {
          let tensor = try #require(file.header[entry.name])
          #expect(tensor.elementType == entry.elementType, "seed \(seed), round \(round)")
          #expect(tensor.shape == entry.shape, "seed \(seed), round \(round)")
          let bytes = file.bytes(of: tensor)
          #expect(
            unsafe bytes.withUnsafeBytes { unsafe Array($0) } == contents[entry.name],
            "seed \(seed), round \(round)")
        }
        #expect(
          try folder.read("a") == (try folder.read("b")), "seed \(seed), round \(round)")
      }
    }
  }
}
