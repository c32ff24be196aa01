public import FidelityReports
internal import GRDB
internal import StrictJSON

/// A report in a history, without its figures.
public struct HistoryRun: Hashable, Sendable {
  public var label: String
  public var addedAt: Timestamp
  public var environment: ReportEnvironment
  public var goldenSet: ReportGoldenSet
  public var passes: Bool
  /// The names of its candidates, the reference first.
  public var candidates: [String]
}

extension History {
  /// Every run, by the time it was added; of equal times the one added first.
  public func runs() throws(HistoryFailure) -> [HistoryRun] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM run ORDER BY added_at, id LIMIT \(Self.mostRuns)"
      ).map { row in
        let row = HistoryRow(path: path, row: row)
        let names = try Row.fetchAll(
          database, sql: "SELECT name FROM candidate WHERE run_id = ? ORDER BY position LIMIT 1000",
          arguments: [try row.integer("id")])
        return HistoryRun(
          label: try row.text("label"),
          addedAt: Timestamp(secondsSince1970: try row.integer("added_at")),
          environment: ReportEnvironment(
            suiteVersion: try row.text("suite_version"), system: try row.text("system"),
            processor: try row.text("processor"), threads: try row.integer("threads")),
          goldenSet: ReportGoldenSet(
            file: try row.text("golden_file"), producer: try row.text("golden_producer"),
            sha256: try row.text("golden_sha256")),
          passes: try row.flag("passes"),
          candidates: try names.map { try HistoryRow(path: path, row: $0).text("name") })
      }
    }
  }

  /// Whether a run has the label.
  public func contains(_ label: String) throws(HistoryFailure) -> Bool {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT 1 FROM run WHERE label = ?", arguments: [label])
        != nil
    }
  }

  /// The whole report of a run.
  ///
  /// Throws `HistoryFailure` for an unknown label and for a report whose bytes have changed.
  public func report(_ label: String) throws(HistoryFailure) -> FidelityReport {
    try read { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT document, document_crc32 FROM run WHERE label = ?",
        arguments: [label])
      guard let row else {
        let known = try String.fetchAll(
          database, sql: "SELECT label FROM run ORDER BY added_at, id LIMIT \(Self.mostRuns)")
        throw HistoryFailure.unknownLabel(path: path, label: label, known: known)
      }
      let stored = HistoryRow(path: path, row: row)
      let document = try stored.text("document")
      guard document.utf8.count <= FidelityReport.largestFile else {
        throw HistoryFailure.damaged(
          path: path, reason: "report \"\(label)\": \(document.utf8.count) bytes are too many")
      }
      guard checksum(of: document) == (try stored.integer("document_crc32")) else {
        throw HistoryFailure.damaged(
          path: path, reason: "report \"\(label)\": expected another checksum of its bytes")
      }
      return try FidelityReport(
        document: JSONField.parse(Array(document.utf8), document: "report \"\(label)\""))
    }
  }
}
