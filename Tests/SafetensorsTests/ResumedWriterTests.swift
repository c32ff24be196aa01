import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct ResumedWriterTests {
  private let resumption = Resumption(of: JobFingerprint(job: "test"), isWanted: true)

  private func writer(_ path: String) throws -> SafetensorsWriter {
    try SafetensorsWriter.create(
      path,
      layout: SafetensorsLayout(
        [
          .init(name: "b", elementType: .float32, shape: Shape([2])),
          .init(name: "a", elementType: .uint8, shape: Shape([5])),
        ], path: path), resumption: resumption)
  }

  /// Leaves the first three bytes of `a`, and `b`, of a file that is not finished.
  private func leave(_ path: String) throws {
    let writer = try writer(path)
    try writer.write([1, 2, 3].rawBytes, of: "a", at: 0, note: 7)
    try writer.write([1, 2, 3, 4, 5, 6, 7, 8].rawBytes, of: "b", at: 0)
  }

  @Test func whatIsTakenOverNeedNotBeWritten() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("out")
      let whole = try SafetensorsWriter.create(
        folder.path("whole"), layout: writer(path).layout)
      try whole.write([1, 2, 3, 4, 5].rawBytes, of: "a", at: 0)
      try whole.write([1, 2, 3, 4, 5, 6, 7, 8].rawBytes, of: "b", at: 0)
      try whole.commit()
      try leave(path)
      let writer = try writer(path)
      #expect(try writer.takeOver(3, of: "a", at: 0) == 7)
      #expect(try writer.takeOver(8, of: "b", at: 0) == 0)
      #expect(try writer.takeOver(2, of: "a", at: 3) == nil)
      try writer.write([4, 5].rawBytes, of: "a", at: 3)
      try writer.commit()
      #expect(try folder.read("out") == folder.read("whole"))
      #expect(try FileSystem.names(in: folder.path) == ["out", "whole"])
      #expect(resumption.takenOverByteCount == 11)
    }
  }

  /// A piece counts as a whole or not at all.
  @Test func anotherRangeIsNotTakenOver() throws {
    try TemporaryFolder.with { folder in
      try leave(folder.path("out"))
      let writer = try writer(folder.path("out"))
      #expect(try writer.takeOver(2, of: "a", at: 0) == nil)
      #expect(try writer.takeOver(2, of: "a", at: 1) == nil)
      #expect(try writer.takeOver(4, of: "a", at: 0) == nil)
      #expect(try writer.takeOver(3, of: "absent", at: 0) == nil)
      #expect(try writer.takeOver(3, of: "a", at: -8) == nil)
      try writer.write([9, 9, 9].rawBytes, of: "a", at: 0)
    }
  }

  @Test func noByteIsTakenOverAndWritten() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("out")
      try leave(path)
      let writer = try writer(path)
      #expect(try writer.takeOver(3, of: "a", at: 0) == 7)
      let failure = SafetensorsFailure.writtenTwice(file: path, tensor: "a", range: 0..<3)
      #expect(throws: failure) { _ = try writer.takeOver(3, of: "a", at: 0) }
    }
  }

  @Test func aFileThatWasTakenOverInPartIsNotFinished() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("out")
      try leave(path)
      let writer = try writer(path)
      _ = try writer.takeOver(3, of: "a", at: 0)
      do throws(SafetensorsFailure) {
        try writer.commit()
        Issue.record("the file was finished without its bytes")
      } catch {
        #expect(
          error == SafetensorsFailure.incomplete(file: path, tensor: "b", written: 0, expected: 8))
      }
      #expect(FileSystem.kind(of: path) == nil)
    }
  }
}
