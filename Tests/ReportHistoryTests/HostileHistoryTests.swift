import FidelityReports
import GRDB
import Operations
import ReportHistory
import Storage
import TestSupport
import Testing

@Suite struct HostileHistoryTests {
  private let time = Timestamp(secondsSince1970: 0)

  /// The path of a history with one run, after `change` with any SQL.
  private func history(
    in folder: TemporaryFolder, _ change: String = ""
  ) throws -> String {
    let path = folder.path("h.sqlite")
    let history = try History.open(path, for: .writing)
    try history.add(sampleReport(["int8": 0.1]), label: "v1", at: time)
    try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: change) }
    return path
  }

  private func failure(_ body: () throws -> Void) -> HistoryFailure? {
    do {
      try body()
      return nil
    } catch { return error as? HistoryFailure }
  }

  @Test func aMissingFileIsNotMadeByReading() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("none.sqlite")
      #expect(failure { _ = try History.open(path) } == .noFile(path: path))
      #expect(FileSystem.kind(of: path) == nil)
      #expect(failure { _ = try History.open(folder.path) } == .noFile(path: folder.path))
    }
  }

  @Test func whatIsNoDatabaseIsRefusedAndStaysAsItIs() throws {
    try TemporaryFolder.with { folder in
      let text = String(repeating: "not a database ", count: 100)
      let path = try folder.write("text", text)
      #expect(failure { _ = try History.open(path) } == .notADatabase(path: path))
      #expect(failure { _ = try History.open(path, for: .writing) } == .notADatabase(path: path))
      #expect(try folder.read("text") == Array(text.utf8))
    }
  }

  @Test func aDatabaseOfAnotherProgramIsRefusedAndStaysAsItIs() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path("other.sqlite")
      try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE run (a)") }
      let bytes = try folder.read("other.sqlite")
      for purpose in [History.Purpose.reading, .writing] {
        #expect(
          failure { _ = try History.open(path, for: purpose) } == .otherDatabase(path: path))
      }
      #expect(try folder.read("other.sqlite") == bytes)
    }
  }

  @Test func anEmptyFileBecomesAHistoryOnlyByWriting() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write("empty.sqlite", "")
      #expect(failure { _ = try History.open(path) } == .olderSchema(path: path))
      #expect(try History.open(path, for: .writing).runs().isEmpty)
    }
  }

  @Test func candidatesBeforeArithmeticsWereOfFloat32() throws {
    try TemporaryFolder.with { folder in
      let path = try history(
        in: folder,
        """
        ALTER TABLE candidate DROP COLUMN arithmetic;
        DELETE FROM grdb_migrations WHERE identifier = '2: arithmetic of candidates';
        """)
      #expect(failure { _ = try History.open(path) } == .olderSchema(path: path))
      let lines = try History.open(path, for: .writing).trend(.bitsPerWeight)
      #expect(lines.map(\.arithmetic) == [.float32, .float32])
    }
  }

  @Test func anArithmeticThatNobodyKnowsIsDamage() throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder, "UPDATE candidate SET arithmetic = 'fp8'")
      guard
        case .damaged(_, let reason)? = failure({
          _ = try History.open(path).trend(.bitsPerWeight)
        })
      else {
        Issue.record("no damage")
        return
      }
      #expect(reason.contains("column arithmetic: expected the name of an arithmetic"))
    }
  }

  @Test func aHistoryOfALaterVersionIsRefused() throws {
    try TemporaryFolder.with { folder in
      let path = try history(
        in: folder, "INSERT INTO grdb_migrations (identifier) VALUES ('99: of the future')")
      #expect(failure { _ = try History.open(path) } == .newerSchema(path: path))
      #expect(failure { _ = try History.open(path, for: .writing) } == .newerSchema(path: path))
    }
  }

  @Test func aLockedHistoryIsNotWaitedForForEver() throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder)
      let other = try DatabaseQueue(path: path)
      try other.writeWithoutTransaction { database in
        try database.execute(sql: "BEGIN EXCLUSIVE")
        #expect(
          failure { _ = try History.open(path, lockSeconds: 0.01).runs() } == .locked(path: path))
        try database.execute(sql: "ROLLBACK")
      }
      #expect(try History.open(path).runs().count == 1)
    }
  }

  @Test func readingDoesNotWrite() throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder)
      let history = try History.open(path)
      let found = failure { try history.add(sampleReport([:]), label: "v2", at: time) }
      guard case .system? = found else {
        Issue.record("found \(String(describing: found))")
        return
      }
    }
  }

  @Test func changedBytesOfAReportAreFound() throws {
    try TemporaryFolder.with { folder in
      let path = try history(
        in: folder, "UPDATE run SET document = replace(document, '0.1', '0.2')")
      #expect(
        failure { _ = try History.open(path).report("v1") }?.description.contains("checksum")
          == true)
    }
  }

  @Test func aReportThatIsNoneIsFound() throws {
    try TemporaryFolder.with { folder in
      // The CRC-32 of {}.
      let path = try history(
        in: folder,
        "UPDATE run SET document = '{}', document_crc32 = \(CRC32([0x7B, 0x7D].span.rawBytes).value)"
      )
      #expect(
        failure { _ = try History.open(path).report("v1") }?.description.contains("key \"format\"")
          == true)
    }
  }

  @Test(arguments: [
    ("DROP TABLE golden", "no such table: golden"),
    ("ALTER TABLE candidate DROP COLUMN passes", "column passes"),
    ("ALTER TABLE run RENAME COLUMN added_at TO added", "no such column: run.added_at"),
  ])
  func tablesThatAreNotOursAreDamage(_ change: String, _ message: String) throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder, change)
      let found = failure { _ = try History.open(path).trend(.mean(.velocityError)) }
      guard case .damaged(_, let reason)? = found, reason.contains(message) else {
        Issue.record("found \(String(describing: found))")
        return
      }
    }
  }

  @Test func aValueOfAnotherTypeIsDamageNotACrash() throws {
    try TemporaryFolder.with { folder in
      let path = try history(
        in: folder,
        """
        DROP TABLE step; DROP TABLE golden;
        CREATE TABLE golden (candidate_id, position, velocity_relative_error);
        INSERT INTO golden SELECT id, 0, x'00' FROM candidate;
        CREATE TABLE other AS SELECT * FROM candidate;
        """)
      #expect(
        failure { _ = try History.open(path).trend(.mean(.velocityError)) }
          == .damaged(
            path: path, reason: "column velocity_relative_error: expected a number, found bytes"))
    }
  }

  @Test func theTimeOfARunMayBeAnyNumber() throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder, "UPDATE run SET added_at = \(Int.max)")
      #expect(try History.open(path).runs()[0].addedAt.description == "@\(Int.max)")
    }
  }

  /// Every page of the file in turn loses its bytes: nothing crashes, and what is read is either
  /// what was written or a failure.
  @Test func noDamageGoesUnnoticedOrCrashes() throws {
    try TemporaryFolder.with { folder in
      let path = try history(in: folder)
      let whole = try folder.read("h.sqlite")
      let report = sampleReport(["int8": 0.1])
      for page in 0..<whole.count / 4096 {
        for fill: UInt8 in [0x00, 0xFF, 0x41] {
          var bytes = whole
          for index in page * 4096 + 8..<(page + 1) * 4096 { bytes[index] = fill }
          try folder.write("h.sqlite", bytes)
          do {
            #expect(try History.open(path).report("v1") == report)
            _ = try History.open(path).trend(.mean(.velocityError))
          } catch { #expect(error is HistoryFailure) }
        }
      }
      for length in stride(from: 1, to: whole.count, by: 4096 / 4) {
        try folder.write("h.sqlite", Array(whole[..<length]))
        #expect(throws: HistoryFailure.self) {
          let history = try History.open(path)
          #expect(try history.report("v1") == report)
          _ = try history.trend(.mean(.velocityError))
          if length > whole.count - 4096 { throw HistoryFailure.notADatabase(path: path) }
        }
      }
    }
  }
}
