public import FidelityReports
internal import GRDB
public import Operations

/// A number of candidates that a history follows.
public enum TrendMetric: Hashable, Sendable, CaseIterable {
  /// The mean over the goldens of a run.
  case mean(ReportMetric)
  case bitsPerWeight
  case storedByteCount
  /// The largest error of any tensor.
  case weightError

  public static var allCases: [TrendMetric] {
    ReportMetric.allCases.map { .mean($0) } + [.bitsPerWeight, .storedByteCount, .weightError]
  }

  /// The name in option values: `velocity`.
  public var name: String {
    switch self {
    case .mean(let metric): metric.shortName
    case .bitsPerWeight: "bits"
    case .storedByteCount: "bytes"
    case .weightError: "weights"
    }
  }

  /// The metric of an option value; nil when there is none.
  public init?(name: String) {
    guard let metric = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = metric
  }
}

/// How a number of a candidate changed over the runs of a history.
public struct TrendLine: Hashable, Sendable {
  public var candidate: String
  /// What it was run in: another arithmetic measures another thing, and has a line of its own.
  public var arithmetic: Arithmetic
  /// The runs that have the candidate in this arithmetic, by time.
  public var points: [TrendPoint]
}

/// A number of one run.
public struct TrendPoint: Hashable, Sendable {
  public var label: String
  public var addedAt: Timestamp
  /// NaN when it was not measured or is undefined.
  public var value: Double
  /// Whether the candidate kept its limits.
  public var passes: Bool
  /// Of the golden set: means over different sets are not comparable.
  public var goldenSHA256: String
}

extension History {
  /// A number over the runs, a line for each candidate in each arithmetic, in the order in which they
  /// first occur.
  ///
  /// With `candidate` only its lines; throws `HistoryFailure.unknownCandidate` when no run has it.
  public func trend(
    _ metric: TrendMetric, candidate: String? = nil
  ) throws(HistoryFailure) -> [TrendLine] {
    try read { database in
      var lines: [TrendLine] = []
      var places: [Subject: Int] = [:]
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT run.label, run.added_at, run.golden_sha256, candidate.*
          FROM run JOIN candidate ON candidate.run_id = run.id
          ORDER BY run.added_at, run.id, candidate.position LIMIT \(Self.mostRuns)
          """)
      while let row = try rows.next() {
        let row = HistoryRow(path: path, row: row.copy())
        let subject = Subject(name: try row.text("name"), arithmetic: try row.arithmetic())
        let place = places[subject] ?? lines.count
        if place == lines.count {
          places[subject] = place
          lines.append(
            TrendLine(candidate: subject.name, arithmetic: subject.arithmetic, points: []))
        }
        lines[place].points.append(
          TrendPoint(
            label: try row.text("label"),
            addedAt: Timestamp(secondsSince1970: try row.integer("added_at")),
            value: try value(of: metric, candidate: row, in: database),
            passes: try row.flag("passes"), goldenSHA256: try row.text("golden_sha256")))
      }
      guard let candidate else { return lines }
      let wanted = lines.filter { $0.candidate == candidate }
      guard !wanted.isEmpty else {
        var known: [String] = []
        for line in lines where !known.contains(line.candidate) { known.append(line.candidate) }
        throw HistoryFailure.unknownCandidate(path: path, name: candidate, known: known)
      }
      return wanted
    }
  }

  /// What a line follows.
  private struct Subject: Hashable {
    let name: String
    let arithmetic: Arithmetic
  }

  private func value(
    of metric: TrendMetric, candidate: HistoryRow, in database: Database
  ) throws -> Double {
    switch metric {
    case .bitsPerWeight: return try candidate.number("bits_per_weight")
    case .storedByteCount: return try candidate.number("stored_byte_count")
    case .weightError: return try candidate.number("weight_relative_error")
    case .mean(let metric):
      let column = metric.rawValue
      let rows = try Row.fetchAll(
        database,
        sql: "SELECT \(column) FROM golden WHERE candidate_id = ? ORDER BY position LIMIT 10000",
        arguments: [try candidate.integer("id")])
      return metric.mean(of: try rows.map { try HistoryRow(path: path, row: $0).number(column) })
    }
  }
}
