import Failures
import Storage
import TestSupport
import Testing

@Suite struct ResumableFileTests {
  private let job = JobFingerprint(job: "test 1")

  private func resumption(
    _ job: JobFingerprint? = nil, isWanted: Bool = true,
    _ monitor: RecordingMonitor = RecordingMonitor()
  ) -> Resumption {
    Resumption(of: job ?? self.job, isWanted: isWanted, monitor: monitor.monitor)
  }

  /// Pieces of 8, 8 and 4 bytes of a file of 24, the last 4 of which are never written.
  private static let pieces: [(offset: Int, bytes: [UInt8], note: UInt64)] = [
    (0, [1, 2, 3, 4, 5, 6, 7, 8], 5), (8, [9, 8, 7, 6, 5, 4, 3, 2], .max), (16, [0, 0, 0, 0], 0),
  ]

  /// Leaves `out.partial` and its journal as a killed run does.
  private func leave(_ folder: TemporaryFolder, inOrder order: [Int] = [0, 1, 2]) throws {
    let file = try ResumableFile.create(
      folder.path("out"), reserving: 24, resumption: resumption())
    for piece in order.map({ Self.pieces[$0] }) {
      try file.writePiece(piece.bytes.rawBytes, at: piece.offset, note: piece.note)
    }
  }

  /// The pieces that are taken over on the way on.
  private func takenOver(
    _ folder: TemporaryFolder, _ resumption: Resumption
  ) throws -> [Int] {
    let file = try ResumableFile.create(
      folder.path("out"), reserving: 24, resumption: resumption)
    guard let finished = file.finished else { return [] }
    return Self.pieces.indices.filter { index in
      guard let piece = finished[Self.pieces[index].offset] else { return false }
      #expect(piece.note == Self.pieces[index].note)
      #expect(piece.byteCount == Self.pieces[index].bytes.count)
      return finished.takeOver([piece])
    }
  }

  @Test(arguments: [[0, 1, 2], [2, 0], [1], []])
  func whatWasFinishedIsTakenOver(order: [Int]) throws {
    try TemporaryFolder.with { folder in
      try leave(folder, inOrder: order)
      let resumption = resumption()
      let taken = try takenOver(folder, resumption)
      #expect(taken == order.sorted())
      #expect(resumption.takenOverByteCount == order.reduce(0) { $0 + Self.pieces[$1].bytes.count })
      #expect(resumption.damagedPieceCount == 0)
      // And once more, after a run that was stopped before it did anything.
      let again = try takenOver(folder, self.resumption())
      #expect(again == taken)
    }
  }

  @Test func aFinishedFileLeavesNoJournal() throws {
    try TemporaryFolder.with { folder in
      for isWanted in [true, false] {
        var file = try ResumableFile.create(
          folder.path("out"), reserving: 4, resumption: resumption(isWanted: isWanted))
        try file.writePiece([1, 2, 3, 4].rawBytes, at: 0)
        #expect(
          try FileSystem.names(in: folder.path).suffix(2) == ["out.partial", "out.partial.journal"])
        try file.commit(byteCount: 4)
        #expect(try FileSystem.names(in: folder.path) == ["out"])
        #expect(try folder.read("out") == [1, 2, 3, 4])
      }
    }
  }

  @Test func aFailedRunThatIsNotToGoOnLeavesNothing() throws {
    try TemporaryFolder.with { folder in
      do {
        let file = try ResumableFile.create(
          folder.path("out"), reserving: 4, resumption: resumption(isWanted: false))
        try file.writePiece([1, 2, 3, 4].rawBytes, at: 0)
      }
      #expect(try FileSystem.names(in: folder.path) == [])
    }
  }

  @Test func whatARunWithoutTheWishLeavesWhenKilledIsTakenOver() throws {
    try TemporaryFolder.with { folder in
      do {
        let file = try ResumableFile.create(
          folder.path("first"), reserving: 24, resumption: resumption(isWanted: false))
        let first = Self.pieces[0].bytes
        try file.writePiece(first.rawBytes, at: 0, note: 5)
        // What a kill leaves is what stands there now.
        try folder.write("out.partial", folder.read("first.partial"))
        try folder.write("out.partial.journal", folder.read("first.partial.journal"))
      }
      let taken = try takenOver(folder, resumption())
      #expect(taken == [0])
    }
  }

  @Test func withoutTheWishItStartsAnew() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let monitor = RecordingMonitor()
      let taken = try takenOver(folder, resumption(isWanted: false, monitor))
      #expect(taken == [])
      #expect(monitor.notices == [])
    }
  }

  @Test func anotherJobStartsAnewAndSaysSo() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let monitor = RecordingMonitor()
      let taken = try takenOver(folder, resumption(JobFingerprint(job: "test 2"), monitor))
      #expect(taken == [])
      #expect(monitor.notices.count == 1)
      #expect(monitor.notices.allSatisfy { $0.contains("of another job") })
      // Nothing is left of the first, either.
      let first = try takenOver(folder, resumption())
      #expect(first == [])
    }
  }

  @Test(arguments: 1...32)
  func aTornRecordIsIgnored(missing: Int) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      try folder.write("out.partial.journal", folder.read("out.partial.journal").dropLast(missing))
      let taken = try takenOver(folder, resumption())
      #expect(taken == [0, 1])
    }
  }

  /// The header is 80 bytes long, a record 32.
  @Test(arguments: 80..<80 + 2 * 32)
  func aDamagedRecordIsIgnoredAndThoseBehindItCount(byte: Int) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      var journal = try folder.read("out.partial.journal")
      #expect(journal.count == 80 + 3 * 32)
      journal[byte] ^= 0x10
      try folder.write("out.partial.journal", journal)
      let taken = try takenOver(folder, resumption())
      #expect(taken == (byte < 80 + 32 ? [1, 2] : [0, 2]))
    }
  }

  @Test(arguments: 0..<80)
  func aDamagedHeaderStartsAnew(byte: Int) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      var journal = try folder.read("out.partial.journal")
      journal[byte] ^= 1
      try folder.write("out.partial.journal", journal)
      let taken = try takenOver(folder, resumption())
      #expect(taken == [])
    }
  }

  @Test(arguments: 0..<20)
  func aDamagedPieceIsFound(byte: Int) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      var content = try folder.read("out.partial")
      content[byte] ^= 0x80
      try folder.write("out.partial", content)
      let resumption = resumption()
      let taken = try takenOver(folder, resumption)
      #expect(taken == [0, 1, 2].filter { $0 != byte / 8 })
      #expect(resumption.damagedPieceCount == 1)
    }
  }

  @Test func aPieceThatWasMadeAgainIsTakenOver() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      try folder.write("out.partial", [UInt8](repeating: 7, count: 24))
      let file = try ResumableFile.create(
        folder.path("out"), reserving: 24, resumption: resumption())
      try file.writePiece([1, 1].rawBytes, at: 8)
      _ = consume file
      let again = try ResumableFile.create(
        folder.path("out"), reserving: 24, resumption: resumption())
      let piece = try #require(again.finished?[8])
      #expect(piece.byteCount == 2)
      #expect(again.finished?.takeOver([piece]) == true)
    }
  }

  @Test func reservedZerosAreNotTaken() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      // The records reached the disk, the bytes did not.
      try folder.write("out.partial", [UInt8](repeating: 0, count: 24))
      let taken = try takenOver(folder, resumption())
      #expect(taken == [2], "the last piece is zeros")
    }
  }

  @Test(arguments: [Array("half".utf8), []])
  func aShortPartialFileIsHarmless(content: [UInt8]) throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      try folder.write("out.partial", content)
      let taken = try takenOver(folder, resumption())
      #expect(taken == [2], "the space is reserved again, as zeros")
    }
  }

  /// Records with a right check, of ranges that the file does not have.
  @Test(
    arguments: [
      (20, 5), (24, 1), (0, 25), (UInt64(Int.max), 1), (1 << 63, 1), (0, .max), (.max, .max),
      (0, 1 << 40),
    ] as [(UInt64, UInt64)])
  func aRangeOutsideOfTheFileIsIgnored(offset: UInt64, byteCount: UInt64) throws {
    try TemporaryFolder.with { folder in
      try leave(folder, inOrder: [])
      let fields = bytes(of: offset) + bytes(of: byteCount) + bytes(of: 0) + [0, 0, 0, 0]
      let check = bytes(of: UInt64(CRC32(fields.rawBytes).value)).prefix(4)
      try folder.write(
        "out.partial.journal", folder.read("out.partial.journal") + fields + check)
      let file = try ResumableFile.create(
        folder.path("out"), reserving: 24, resumption: resumption())
      #expect(file.finished == nil)
    }
  }

  private func bytes(of value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  @Test func aJournalThatNobodyWroteIsNotReadWhole() throws {
    try TemporaryFolder.with { folder in
      try leave(folder)
      let journal = try folder.read("out.partial.journal")
      try folder.write(
        "out.partial.journal", journal + [UInt8](repeating: 0, count: 16 << 20))
      let taken = try takenOver(folder, resumption())
      #expect(taken == [])
    }
  }

  @Test func aFolderInPlaceOfTheJournalIsRefused() throws {
    try TemporaryFolder.with { folder in
      try folder.makeFolder("out.partial.journal")
      let failure = StorageFailure.notAFile(path: folder.path("out.partial.journal"))
      #expect(throws: failure) { _ = try takenOver(folder, resumption()) }
    }
  }

  @Test func twoRunsDoNotShareAJournal() throws {
    try TemporaryFolder.with { folder in
      let (first, second) = (Self.pieces[0].bytes, Self.pieces[1].bytes)
      let file = try ResumableFile.create(
        folder.path("out"), reserving: 24, resumption: resumption())
      try file.writePiece(first.rawBytes, at: 0, note: 5)
      for isWanted in [true, false] {
        #expect(throws: StorageFailure.beingWritten(path: folder.path("out"))) {
          _ = try ResumableFile.create(
            folder.path("out"), reserving: 24, resumption: resumption(isWanted: isWanted))
        }
      }
      try file.writePiece(second.rawBytes, at: 8, note: .max)
      _ = consume file
      let taken = try takenOver(folder, resumption())
      #expect(taken == [0, 1])
    }
  }

  @Test func aFailureThatLeavesSomethingSaysHowToGoOn() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("out")
      let reason = StorageFailure.noSpace(path: path, needed: 9, available: 1)
      let nothingLeft = #expect(throws: StorageFailure.self) {
        try resumption().run(output: path) { throw reason }
      }
      #expect(nothingLeft == reason)
      try leave(folder)
      let failure = #expect(throws: UnfinishedOutput.self) {
        try resumption().run(output: path) { throw reason }
      }
      #expect(failure?.kind == .noSpace)
      #expect(
        failure?.description == """
          \(path): the output needs 9 bytes, the file system has 1 free
          Free at least 8 bytes, or choose an output on another disk.
          What is finished stays in \(path).partial; the same command with --resume goes on from there.
          """)
      #expect(throws: StorageFailure.self) {
        try resumption(isWanted: false).run(output: path) { throw reason }
      }
    }
  }
}

@Suite struct JobFingerprintTests {
  private func hexadecimal(_ add: (inout JobFingerprint) throws -> Void) rethrows -> String {
    var fingerprint = JobFingerprint(job: "test")
    try add(&fingerprint)
    return fingerprint.hexadecimal
  }

  @Test func everyPartAndItsPlaceCount() {
    let all = [
      hexadecimal { _ in }, hexadecimal { $0.add(0) }, hexadecimal { $0.add("") },
      hexadecimal { $0.add("ab") },
      hexadecimal {
        $0.add("a")
        $0.add("b")
      },
      hexadecimal {
        $0.add("b")
        $0.add("a")
      }, JobFingerprint(job: "other").hexadecimal,
    ]
    // Nothing and a length of nothing: 0 and "" are the same bytes, and never in the same place.
    #expect(Set(all).count == all.count - 1)
    #expect(all[1] == all[2])
  }

  @Test func aSourceCountsByNameSizeTimeAndHeader() throws {
    try TemporaryFolder.with { folder in
      func fingerprint(_ name: String) throws -> String {
        try hexadecimal { try $0.add(source: folder.path(name), headerByteCount: 4) }
      }
      try folder.write("a", [1, 2, 3, 4, 5, 6])
      let first = try fingerprint("a")
      #expect(try fingerprint("a") == first)
      try folder.write("b", [1, 2, 3, 4, 5, 6])
      #expect(try fingerprint("b") != first)
      try folder.write("a", [1, 2, 3, 4, 5, 6, 7])
      #expect(try fingerprint("a") != first)
      #expect(throws: StorageFailure.self) { try fingerprint("absent") }
    }
  }
}
