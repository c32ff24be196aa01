import Failures
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  @Test func theNameAppearsOnlyWithCommit() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "out")
      var file = try AtomicFile.create(path, reserving: 8)
      try file.write([1, 2, 3, 4].rawBytes, at: 4)
      try file.write([9, 8, 7, 6].rawBytes, at: 0)
      #expect(FileSystem.kind(of: path) == nil)
      try file.commit(byteCount: 8)
      #expect(try FileReader.contents(of: path, limit: 100) == [9, 8, 7, 6, 1, 2, 3, 4])
      #expect(try FileSystem.names(in: folder) == ["out"])
    }
  }

  @Test func droppedWithoutCommitTheOldContentStands() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "out")
      try AtomicFile.write([1].rawBytes, to: path)
      do {
        let file = try AtomicFile.create(path, reserving: 100)
        try file.write([5].rawBytes, at: 0)
      }
      #expect(try FileReader.contents(of: path, limit: 100) == [1])
      #expect(try FileSystem.names(in: folder) == ["out"])
    }
  }

  @Test func aStalePartialFileIsTakenOver() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "out")
      try Data([1, 2, 3]).write(to: URL(filePath: path + ".partial"))
      try AtomicFile.write([7].rawBytes, to: path)
      #expect(try FileReader.contents(of: path, limit: 100) == [7])
      #expect(try FileSystem.names(in: folder) == ["out"])
    }
  }

  @Test func twoWritersOfOneFileAreRefused() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "out")
      let first = try AtomicFile.create(path, reserving: 1)
      #expect(throws: StorageFailure.beingWritten(path: path)) {
        _ = try AtomicFile.create(path, reserving: 1)
      }
      try first.write([1].rawBytes, at: 0)
    }
  }

  @Test func moreThanTheDiskHoldsIsRefusedBeforeWriting() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "out")
      let available = try FileSystem.availableByteCount(at: path)
      #expect(throws: StorageFailure.self) {
        _ = try AtomicFile.create(path, reserving: available + (1 << 40))
      }
      #expect(try FileSystem.names(in: folder) == [])
    }
  }

  /// As when the disk fills up, or a quota ends, while the file is written.
  @Test func noSpaceInTheMiddleIsCalledSo() async {
    await #expect(processExitsWith: .exitCode(0)) {
      signal(SIGXFSZ, SIG_IGN)
      try TemporaryFolder.with { folder in
        var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
        guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(2) }
        let file = try AtomicFile.create(folder.path("out"), reserving: 0)
        let bytes = [UInt8](repeating: 1, count: 5000)
        do throws(StorageFailure) {
          try file.write(bytes.rawBytes, at: 0)
          exit(3)
        } catch {
          guard case .noSpace(let path, 904, let available) = error else { exit(4) }
          exit(path == folder.path("out") && available > 904 && error.kind == .noSpace ? 0 : 5)
        }
      }
    }
  }

  @Test(arguments: [(100, 99, "Free at least 1 bytes"), (100, 100, "A quota, or a limit")])
  func whatToDoDependsOnWhatIsInTheWay(needed: Int, available: Int, advice: String) {
    let failure = StorageFailure.noSpace(path: "out", needed: needed, available: available)
    #expect(failure.description.split(separator: "\n").last?.hasPrefix(advice) == true)
  }

  @Test func aFolderUnderTheNameIsRefused() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      #expect(throws: StorageFailure.notAFile(path: folder)) {
        _ = try AtomicFile.create(folder, reserving: 1)
      }
    }
  }
}

@Suite struct FileReaderTests {
  @Test func readsAnyRangeAndMapsTheSame() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "in")
      let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try AtomicFile.write(content.rawBytes, to: path)
      let file = try FileReader.open(path)
      #expect(file.byteCount == content.count)
      #expect(try file.bytes(at: 777, count: 5000) == Array(content[777..<5777]))
      let mapped = try MappedFile.map(file)
      let bytes = mapped.bytes
      #expect(bytes.byteCount == content.count)
      #expect(bytes.unsafeLoad(fromByteOffset: 99_999, as: UInt8.self) == content[99_999])
    }
  }

  @Test func pastTheEndTheFailureNamesTheBytes() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let path = FileSystem.path(folder, "in")
      try AtomicFile.write([1, 2, 3].rawBytes, to: path)
      let file = try FileReader.open(path)
      let failure = StorageFailure.endOfFile(path: path, offset: 1, byteCount: 9, fileByteCount: 3)
      #expect(throws: failure) { _ = try file.bytes(at: 1, count: 9) }
      #expect(failure.description.contains("expected 9 bytes at byte 1"))
    }
  }

  @Test func aMissingFileAFolderAndALargeDocumentAreRefused() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      let missing = FileSystem.path(folder, "missing")
      #expect(throws: StorageFailure.system(path: missing, action: "open it", code: ENOENT)) {
        _ = try FileReader.open(missing)
      }
      #expect(throws: StorageFailure.notAFile(path: folder)) { _ = try FileReader.open(folder) }
      let path = FileSystem.path(folder, "in")
      try AtomicFile.write([1, 2, 3].rawBytes, to: path)
      #expect(throws: StorageFailure.tooLarge(path: path, byteCount: 3, limit: 2)) {
        _ = try FileReader.contents(of: path, limit: 2)
      }
    }
  }

  @Test(arguments: [
    ("a/b", "a", "b"), ("b", ".", "b"), ("/b", "/", "b"), ("/a/b/", "/a/b", "b"), ("/", "/", "/"),
  ])
  func pathsSplitIntoFolderAndName(path: String, folder: String, name: String) {
    #expect(FileSystem.folder(of: path) == folder)
    #expect(FileSystem.name(of: path) == name)
  }
}
