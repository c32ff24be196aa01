import GGUF
import Parallel
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct GGUFWriterTests {
  private func layout(_ path: String) throws -> GGUFLayout {
    try GGUFLayout(
      [
        .init(name: "b", type: .f32, shape: Shape([2])),
        .init(name: "a", type: .q40, shape: Shape([2, 64])),
        .init(name: "none", type: .bf16, shape: Shape([0])),
      ], metadata: ["general.architecture": .string("flux")], path: path)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch { return "\(error)".split(separator: "\n").first.map(String.init) ?? "" }
  }

  @Test func bytesArriveInAnyOrderFromAnyThread() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.gguf")
      let writer = try GGUFWriter.create(try layout(path))
      try writer.write([1, 2, 3, 4, 5, 6, 7, 8].rawBytes, of: "b", at: 0)
      try forEachChunk(of: 72, chunk: 18, threads: 4) { range in
        try writer.write(
          range.map { UInt8($0) }.rawBytes, of: "a", at: range.lowerBound)
      }
      #expect(FileSystem.kind(of: path) == nil)
      try writer.commit()
      let file = try GGUFFile.open(path)
      #expect(file.header.tensors == (try layout(path)).header.tensors)
      let bytes = try folder.read("a.gguf")
      #expect(Array(bytes[file.header.tensors[0].byteRange]) == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(Array(bytes[file.header.tensors[1].byteRange]) == (0..<72).map { UInt8($0) })
      #expect(bytes.count == file.header.dataOffset + 32 + 96)
    }
  }

  @Test func anUnfinishedFileDoesNotAppear() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.gguf")
      let writer = try GGUFWriter.create(try layout(path))
      try writer.write([1, 2].rawBytes, of: "b", at: 1)
      do throws(GGUFFailure) {
        try writer.commit()
        Issue.record("an unfinished file was committed")
      } catch {
        #expect(error == .incomplete(file: path, tensor: "b", written: 2, expected: 8))
      }
      #expect(try FileSystem.names(in: folder.path).isEmpty)
    }
  }

  @Test func aByteIsWrittenOnceAndInsideItsTensor() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.gguf")
      let writer = try GGUFWriter.create(try layout(path))
      try writer.write([1, 2].rawBytes, of: "b", at: 1)
      #expect(
        message { try writer.write([3].rawBytes, of: "b", at: 2) }
          == "\(path): tensor \"b\": expected every byte once, found 2..<3 written again")
      #expect(
        message { try writer.write([3, 4].rawBytes, of: "b", at: 7) }
          == "\(path): tensor \"b\": expected bytes within its 8, found 7..<9")
      #expect(
        message { try writer.write([3].rawBytes, of: "c", at: 0) }
          == "\(path): tensor \"c\": expected bytes within its 0, found 0..<1")
    }
  }

  private func refusal(
    _ entries: [GGUFLayout.Entry], _ metadata: GGUFMetadata = [:]
  ) -> String {
    message { _ = try GGUFLayout(entries, metadata: metadata, path: "out.gguf") }
  }

  @Test func whatHasNoPlaceIsRefused() {
    let long = String(repeating: "x", count: 64)
    #expect(
      refusal([.init(name: long, type: .f32, shape: Shape([1]))])
        == "out.gguf: tensor \"\(long)\": expected a name of 1 to 63 bytes, found 64")
    #expect(
      refusal([.init(name: "x", type: .q4K, shape: Shape([1, 255]))])
        == "out.gguf: tensor \"x\": expected rows of a multiple of 256, for Q4_K, found the shape "
        + "[1, 255]")
    #expect(
      refusal([.init(name: "x", type: .f32, shape: Shape([1, 1, 1, 1, 1]))])
        == "out.gguf: tensor \"x\": expected at most 4 axes, found the shape [1, 1, 1, 1, 1]")
    #expect(
      refusal([.init(name: "x", type: .f32, shape: Shape([1 << 62]))])
        == "out.gguf: tensor \"x\": expected data that a file can hold, found the shape "
        + "[4611686018427387904]")
    #expect(
      refusal([
        .init(name: "x", type: .f32, shape: Shape([1])),
        .init(name: "x", type: .f16, shape: Shape([1])),
      ]) == "out.gguf: tensor \"x\": expected a name of its own, found one that is taken")
    #expect(
      refusal([], ["general.alignment": .uint32(48)])
        == "out.gguf: general.alignment: expected a power of two up to 65536, of the type uint32, found "
        + "48")
  }

  @Test func aSetThatHasNoPlaceIsRefused() {
    let entries: [GGUFLayout.Entry] = [
      .init(name: "x", type: .f32, shape: Shape([8])),
      .init(name: "x", type: .f16, shape: Shape([8])),
    ]
    #expect(
      message {
        _ = try GGUFLayout.split(entries, metadata: [:], path: "out.gguf", maximumByteCount: 32)
      }
        == "out-00002-of-00002.gguf: tensor \"x\": expected it in one file of the set, found it in "
        + "\"out-00001-of-00002.gguf\" too")
    #expect(
      message {
        _ = try GGUFLayout.split(
          ContainerGolden.splitTensors, metadata: ["split.no": .uint16(0)], path: "out.gguf",
          maximumByteCount: 100)
      } == "out.gguf: split.no: expected metadata without it, found the key")
  }

  @Test func aRunThatWasCutOffIsGoneOnWith() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("a.gguf")
      let layout = try layout(path)
      let first = [UInt8](repeating: 7, count: 36)
      func resumption() -> Resumption {
        Resumption(of: JobFingerprint(job: "test"), isWanted: true)
      }
      do {
        let writer = try GGUFWriter.create(layout, resumption: resumption())
        try writer.write(first.rawBytes, of: "a", at: 0, note: 3)
      }
      #expect(FileSystem.kind(of: path) == nil)
      let writer = try GGUFWriter.create(layout, resumption: resumption())
      #expect(try writer.takeOver(36, of: "a", at: 0) == 3)
      #expect(try writer.takeOver(36, of: "a", at: 36) == nil)
      try writer.write(first.rawBytes, of: "a", at: 36)
      try writer.write([1, 2, 3, 4, 5, 6, 7, 8].rawBytes, of: "b", at: 0)
      try writer.commit()
      let file = try GGUFFile.open(path)
      let bytes = try folder.read("a.gguf")
      #expect(Array(bytes[file.header.tensors[1].byteRange]) == first + first)
    }
  }
}
