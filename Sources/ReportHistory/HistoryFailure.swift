public import Failures
internal import GRDB

/// Why a history of reports cannot be used.
public enum HistoryFailure: DiagnosedFailure, Equatable {
  /// There is no file, or no regular one.
  case noFile(path: String)
  /// The file is no SQLite database.
  case notADatabase(path: String)
  /// The file is a database of another program.
  case otherDatabase(path: String)
  /// A later version of the suite has changed the tables.
  case newerSchema(path: String)
  /// The tables are those of an earlier version, and the file is only read.
  case olderSchema(path: String)
  /// Another process kept the database locked.
  case locked(path: String)
  /// The content is not what the suite writes.
  case damaged(path: String, reason: String)
  /// A run with this label is there already.
  case duplicateLabel(path: String, label: String)
  /// There is no run with this label.
  case unknownLabel(path: String, label: String, known: [String])
  /// A label that is empty, longer than 100 characters, or has control characters.
  case badLabel(label: String)
  /// No run has this candidate.
  case unknownCandidate(path: String, name: String, known: [String])
  /// SQLite needs more room than the disk has.
  case noSpace(path: String)
  /// The operating system refused.
  case system(path: String, reason: String)

  public var kind: FailureKind {
    switch self {
    case .notADatabase, .otherDatabase, .newerSchema, .olderSchema, .damaged: .badData
    case .duplicateLabel, .unknownLabel, .badLabel, .unknownCandidate: .usage
    case .noFile, .locked, .system: .inputOutput
    case .noSpace: .noSpace
    }
  }

  public var description: String {
    switch self {
    case .noFile(let path):
      """
      \(path): expected a history of reports, found no file
      mmdit-report add makes one with the first report.
      """
    case .notADatabase(let path):
      """
      \(path): expected a SQLite database, found another kind of file
      Name the file that mmdit-report add wrote, or a new one.
      """
    case .otherDatabase(let path):
      """
      \(path): expected a history of reports, found a database of another program
      Name the file that mmdit-report add wrote, or a new one.
      """
    case .newerSchema(let path):
      """
      \(path): tables: expected those of this version, found those of a later one
      Use the version of the suite that wrote it last.
      """
    case .olderSchema(let path):
      """
      \(path): tables: expected those of this version, found those of an earlier one
      mmdit-report add brings them up to date.
      """
    case .locked(let path):
      """
      \(path): another process is using this database
      Wait for it to end, and run the command again.
      """
    case .damaged(let path, let reason):
      """
      \(path): \(reason)
      The database is damaged, or something else wrote it; make it again from its reports.
      """
    case .duplicateLabel(let path, let label):
      """
      \(path): label "\(label)": expected a new one, found a run with it
      Choose another --label, or put this report in its place with --replace.
      """
    case .unknownLabel(let path, let label, let known):
      "\(path): label \"\(label)\": expected \(Self.list(known)), found no run with it"
    case .badLabel(let label):
      """
      --label: expected 1 to 100 characters on one line, found \
      \(label.isEmpty ? "none" : "\(label.count) characters")
      """
    case .unknownCandidate(let path, let name, let known):
      "\(path): candidate \"\(name)\": expected \(Self.list(known)), found no run with it"
    case .noSpace(let path):
      """
      \(path): the disk has no room for the database
      Free some space; the history is as it was.
      """
    case .system(let path, let reason): "\(path): \(reason)"
    }
  }

  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "nothing, the history is empty" }
    let shown = names.suffix(8).joined(separator: ", ")
    return names.count > 8 ? "one of \(names.count), the last of them \(shown)" : "one of \(shown)"
  }

  /// What SQLite reports.
  init(_ error: DatabaseError, path: String) {
    let reason = error.message ?? "\(error.resultCode)"
    self =
      switch error.resultCode {
      case .SQLITE_NOTADB: .notADatabase(path: path)
      case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path)
      case .SQLITE_FULL: .noSpace(path: path)
      case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_IOERR:
        .system(path: path, reason: reason)
      default: .damaged(path: path, reason: reason)
      }
  }
}
