internal import GRDB
internal import Operations

/// A row whose values need not be what the schema says: SQLite holds any file to its own schema
/// only.
struct HistoryRow {
  let path: String
  let row: Row

  func integer(_ column: String) throws(HistoryFailure) -> Int {
    guard case .int64(let number)? = value(column) else { throw wrong(column, "an integer") }
    return Int(number)
  }

  func flag(_ column: String) throws(HistoryFailure) -> Bool { try integer(column) != 0 }

  func text(_ column: String) throws(HistoryFailure) -> String {
    guard case .string(let text)? = value(column) else { throw wrong(column, "a text") }
    return text
  }

  func arithmetic() throws(HistoryFailure) -> Arithmetic {
    guard let arithmetic = Arithmetic(rawValue: try text("arithmetic")) else {
      throw wrong("arithmetic", "the name of an arithmetic")
    }
    return arithmetic
  }

  /// A number, NaN where it is null.
  func number(_ column: String) throws(HistoryFailure) -> Double {
    switch value(column) {
    case .double(let number)?: return number
    case .int64(let number)?: return Double(number)
    case .null?: return .nan
    default: throw wrong(column, "a number")
    }
  }

  private func value(_ column: String) -> DatabaseValue.Storage? {
    // Typed as optional, for a column that is not there must not trap.
    let value: DatabaseValue? = row[column]
    return value?.storage
  }

  private func wrong(_ column: String, _ expected: String) -> HistoryFailure {
    let found =
      switch value(column) {
      case nil: "no such column"
      case .null?: "null"
      case .int64?: "an integer"
      case .double?: "a number"
      case .string?: "a text"
      case .blob?: "bytes"
      }
    return .damaged(path: path, reason: "column \(column): expected \(expected), found \(found)")
  }
}
