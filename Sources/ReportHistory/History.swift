internal import GRDB
internal import Storage

/// The reports of many versions in one SQLite database.
///
/// Each run keeps its whole report and, in tables that any SQLite client can ask, its candidates,
/// goldens and steps. The tables are described in formats/history.md.
public struct History: Sendable {
  public let path: String
  let queue: DatabaseQueue

  /// What a history is opened for.
  public enum Purpose: Sendable {
    /// The file must be there, and stays as it is.
    case reading
    /// The file is made unless it is there, and brought up to date.
    case writing
  }

  /// The most runs that are read of one file.
  static let mostRuns = 100_000

  /// Opens a history.
  ///
  /// Waits `lockSeconds` for another process that has locked it. Throws `HistoryFailure` for what is
  /// no history of this or an earlier version.
  public static func open(
    _ path: String, for purpose: Purpose = .reading, lockSeconds: Double = 5
  ) throws(HistoryFailure) -> History {
    switch (FileSystem.kind(of: path), purpose) {
    case (.file, _), (nil, .writing): break
    default: throw .noFile(path: path)
    }
    return try reporting(path) {
      var configuration = Configuration()
      configuration.readonly = purpose == .reading
      configuration.busyMode = .timeout(lockSeconds)
      configuration.prepareDatabase { database in
        // The file may come from anywhere: what its schema says runs no functions of ours.
        try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
      }
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let migrator = HistorySchema.migrator
      let isNew = try queue.read { database in
        try isEmpty(database, path: path) || !migrator.hasCompletedMigrations(database)
      }
      if isNew {
        guard purpose == .writing else { throw HistoryFailure.olderSchema(path: path) }
        try migrator.migrate(queue)
      }
      return History(path: path, queue: queue)
    }
  }

  /// Whether nothing has been written yet. Throws for databases that are not ours.
  private static func isEmpty(_ database: Database, path: String) throws -> Bool {
    let identifier = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    if identifier == 0 && tables == 0 { return true }
    guard identifier == HistorySchema.applicationIdentifier else {
      throw HistoryFailure.otherDatabase(path: path)
    }
    guard try !HistorySchema.migrator.hasBeenSuperseded(database) else {
      throw HistoryFailure.newerSchema(path: path)
    }
    return false
  }

  /// Reads in one transaction.
  func read<Result>(
    _ body: (Database) throws -> Result
  ) throws(HistoryFailure) -> Result {
    try reporting(path) { try queue.read(body) }
  }
}

/// Calls `body`, and says what SQLite reports of a file as a failure of ours.
func reporting<Result>(
  _ path: String, _ body: () throws -> Result
) throws(HistoryFailure) -> Result {
  do {
    return try body()
  } catch let failure as HistoryFailure {
    throw failure
  } catch let error as DatabaseError {
    throw HistoryFailure(error, path: path)
  } catch {
    throw .damaged(path: path, reason: "\(error)")
  }
}
