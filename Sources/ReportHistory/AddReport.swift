public import FidelityReports
internal import GRDB
internal import Operations
internal import Storage
internal import StrictJSON

extension History {
  /// Adds a report under a label, whole or not at all.
  ///
  /// Throws `HistoryFailure.duplicateLabel` when a run has the label, unless `replacing`; the
  /// history must be open for writing.
  public func add(
    _ report: FidelityReport, label: String, at time: Timestamp, replacing: Bool = false
  ) throws(HistoryFailure) {
    guard (1...100).contains(label.count),
      label.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { throw .badLabel(label: label) }
    try reporting(path) {
      try queue.write { database in
        let place = try Int64.fetchOne(
          database, sql: "SELECT id FROM run WHERE label = ?", arguments: [label])
        if let place {
          guard replacing else {
            throw HistoryFailure.duplicateLabel(path: path, label: label)
          }
          try database.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [place])
        }
        try insert(report, label: label, at: time, into: database)
      }
    }
  }
}

private func insert(
  _ report: FidelityReport, label: String, at time: Timestamp, into database: Database
) throws {
  let document = report.document.compact()
  try insert(
    into: database, "run",
    [
      "label": label, "added_at": time.secondsSince1970,
      "suite_version": report.environment.suiteVersion, "system": report.environment.system,
      "processor": report.environment.processor, "threads": report.environment.threads,
      "golden_file": report.goldenSet.file, "golden_producer": report.goldenSet.producer,
      "golden_sha256": report.goldenSet.sha256, "passes": report.passes, "document": document,
      "document_crc32": checksum(of: document),
    ])
  let run = database.lastInsertedRowID
  for (position, candidate) in report.candidates.enumerated() {
    try insert(
      into: database, "candidate",
      [
        "run_id": run, "position": position, "name": candidate.name, "path": candidate.path,
        "recipe": candidate.recipe, "arithmetic": candidate.arithmetic.rawValue,
        "bits_per_weight": candidate.bitsPerWeight, "stored_byte_count": candidate.storedByteCount,
        "weight_relative_error": stored(candidate.largestWeightError),
        "passes": candidate.passes,
      ])
    let place = database.lastInsertedRowID
    for (position, golden) in candidate.goldens.enumerated() {
      try insert(golden, position: position, candidate: place, into: database)
    }
  }
}

private func insert(
  _ golden: GoldenReport, position: Int, candidate: Int64, into database: Database
) throws {
  var values: [String: (any DatabaseValueConvertible)?] = [
    "candidate_id": candidate, "position": position, "name": golden.id, "prompt": golden.prompt,
  ]
  for metric in ReportMetric.allCases {
    values[metric.rawValue] = .some(stored(metric.value(of: golden)))
  }
  try insert(into: database, "golden", values)
  let place = database.lastInsertedRowID
  for (position, step) in golden.steps.enumerated() {
    try insert(
      into: database, "step",
      [
        "golden_id": place, "position": position, "sigma": step.sigma,
        "velocity_relative_error": stored(step.velocityRelativeError),
        "negative_velocity_relative_error": stored(step.negativeVelocityRelativeError),
        "guided_velocity_relative_error": stored(step.guidedVelocityRelativeError),
        "drift_relative_error": stored(step.driftRelativeError),
        "drift_cosine": stored(step.driftCosine),
      ])
  }
}

/// Inserts one row; columns come from this file, never from a report.
private func insert(
  into database: Database, _ table: String, _ values: [String: (any DatabaseValueConvertible)?]
) throws {
  // Sorted, so that equal rows share one prepared statement.
  let columns = values.keys.sorted()
  let statement = try database.cachedStatement(
    sql: """
      INSERT INTO \(table) (\(columns.joined(separator: ", ")))
      VALUES (\(columns.map { ":" + $0 }.joined(separator: ", ")))
      """)
  try statement.execute(arguments: StatementArguments(values))
}

/// A number as SQLite holds it, which has no NaN.
private func stored(_ number: Double?) -> Double? { number.flatMap { $0.isNaN ? nil : $0 } }

/// The CRC-32 of a document's bytes.
func checksum(of document: String) -> Int {
  let bytes = Array(document.utf8)
  return Int(CRC32(bytes.rawBytes).value)
}

extension CandidateReport {
  /// The largest relative error of a tensor; NaN when there are none, or one is undefined.
  package var largestWeightError: Double {
    tensors.reduce(tensors.isEmpty ? Double.nan : 0) { largest, tensor in
      largest.isNaN || largest > tensor.relativeError ? largest : tensor.relativeError
    }
  }
}
