import Failures
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct AtomicFolderTests {
  private func resumption(
    _ job: String = "test", isWanted: Bool = true, _ monitor: RecordingMonitor = RecordingMonitor()
  ) -> Resumption {
    Resumption(
      of: JobFingerprint(job: job), isWanted: isWanted, isInFolder: true, monitor: monitor.monitor)
  }

  private func write(
    _ byte: UInt8, to path: String, _ resumption: Resumption, isFinished: Bool = true
  ) throws {
    var file = try ResumableFile.create(path, reserving: 4, resumption: resumption)
    try file.writePiece([byte, byte, byte, byte].rawBytes, at: 0)
    if isFinished { try file.commit(byteCount: 4) }
  }

  /// A folder with a finished file, a half one, a document, and a folder with a finished file.
  private func leave(_ folder: TemporaryFolder) throws {
    let resumption = resumption()
    let out = try AtomicFolder.create(folder.path("out"), needing: 12, resumption: resumption)
    try write(1, to: FileSystem.path(out.partialPath, "whole"), resumption)
    try write(2, to: FileSystem.path(out.partialPath, "half"), resumption, isFinished: false)
    try AtomicFile.write([9].rawBytes, to: FileSystem.path(out.partialPath, "document"))
    let inner = try out.makeFolder("inner")
    try write(3, to: FileSystem.path(inner, "whole"), resumption)
  }

  private func isTakenOver(_ path: String, _ resumption: Resumption) throws -> Bool {
    let file = try ResumableFile.create(path, reserving: 4, resumption: resumption)
    guard let finished = file.finished, let piece = finished[0] else { return false }
    return finished.takeOver([piece])
  }

  @Test func finishedAndHalfFilesAreGoneOnWith() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let resumption = resumption()
      let out = try AtomicFolder.create(folder.path("out"), needing: 12, resumption: resumption)
      let inner = try out.makeFolder("inner")
      for path in [
        FileSystem.path(out.partialPath, "whole"), FileSystem.path(out.partialPath, "half"),
        FileSystem.path(inner, "whole"),
      ] {
        #expect(try isTakenOver(path, resumption), "\(path)")
      }
      #expect(resumption.takenOverByteCount == 12)
    }
  }

  @Test func committedItHasNoJournalAndNoMarker() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let resumption = resumption()
      var out = try AtomicFolder.create(folder.path("out"), needing: 12, resumption: resumption)
      let inner = try out.makeFolder("inner")
      try write(1, to: FileSystem.path(out.partialPath, "whole"), resumption)
      try write(2, to: FileSystem.path(out.partialPath, "half"), resumption)
      try write(3, to: FileSystem.path(inner, "whole"), resumption)
      try out.commit()
      #expect(try FileSystem.names(in: folder.path) == ["out"])
      #expect(
        try FileSystem.names(in: folder.path("out")) == ["document", "half", "inner", "whole"])
      #expect(try FileSystem.names(in: folder.path("out/inner")) == ["whole"])
      #expect(try folder.read("out/half") == [2, 2, 2, 2])
    }
  }

  @Test(arguments: [("other", true), ("test", false)])
  func anotherJobOrNoWishStartsAnew(job: String, isWanted: Bool) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let monitor = RecordingMonitor()
      let out = try AtomicFolder.create(
        folder.path("out"), needing: 12, resumption: resumption(job, isWanted: isWanted, monitor))
      #expect(try FileSystem.names(in: out.partialPath) == [".mmdit-partial"])
      #expect(monitor.notices.count == (isWanted ? 1 : 0))
    }
  }

  @Test func aFailureWithoutTheWishLeavesNothing() throws {
    try TemporaryFolder.with { folder in
      let resumption = resumption(isWanted: false)
      do {
        let out = try AtomicFolder.create(folder.path("out"), needing: 4, resumption: resumption)
        let inner = try out.makeFolder("inner")
        try write(3, to: FileSystem.path(inner, "whole"), resumption)
      }
      #expect(try FileSystem.names(in: folder.path) == [])
    }
  }

  @Test func foldersAndLinksThatAreNotOursAreNotEmptied() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      try folder.makeFolder("out.partial/theirs")
      try folder.write("out.partial/theirs/notes", "mine")
      try folder.makeFolder("elsewhere")
      try folder.write("elsewhere/.mmdit-partial", "")
      try folder.write("elsewhere/notes", "mine")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path("out.partial/link"), withDestinationPath: folder.path("elsewhere"))
      _ = try AtomicFolder.create(
        folder.path("out"), needing: 4, resumption: resumption(isWanted: false))
      #expect(try folder.read("out.partial/theirs/notes") == Array("mine".utf8))
      #expect(try FileSystem.names(in: folder.path("elsewhere")) == [".mmdit-partial", "notes"])
      #expect(try FileSystem.names(in: folder.path("out.partial")) == ["theirs"])
    }
  }

  @Test func twoRunsDoNotFillOneFolder() throws {
    try TemporaryFolder.with { folder in
      let resumption = resumption()
      let out = try AtomicFolder.create(folder.path("out"), needing: 4, resumption: resumption)
      try write(1, to: FileSystem.path(out.partialPath, "whole"), resumption)
      for isWanted in [true, false] {
        #expect(throws: StorageFailure.beingWritten(path: folder.path("out"))) {
          _ = try AtomicFolder.create(
            folder.path("out"), needing: 4, resumption: self.resumption(isWanted: isWanted))
        }
      }
      #expect(try FileSystem.names(in: out.partialPath).contains("whole"))
    }
  }

  @Test func moreThanTheDiskHoldsIsRefusedBeforeTheFirstFile() throws {
    try TemporaryFolder.with { folder in
      let needed = try FileSystem.availableByteCount(at: folder.path("out")) + 1 << 40
      for isWanted in [true, false] {
        let failure = #expect(throws: StorageFailure.self) {
          _ = try AtomicFolder.create(
            folder.path("out"), needing: needed, resumption: resumption(isWanted: isWanted))
        }
        #expect(failure?.kind == .noSpace)
        #expect(try FileSystem.names(in: folder.path) == [])
      }
    }
  }
}
