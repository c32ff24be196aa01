/// A plain text table: columns two spaces apart, a rule below the headings, no trailing spaces.
///
/// A cell is one line; control characters in it are written out. Widths count characters, so wide
/// (East Asian) characters push their line out of step.
public struct TextTable: Sendable {
  /// Which side of its column a cell keeps to.
  public enum Alignment: Sendable {
    case left
    /// For numbers, so that their digits stand below each other.
    case right
  }

  /// A heading and the side its cells keep to.
  public struct Column: Sendable {
    fileprivate let heading: String
    fileprivate let alignment: Alignment

    /// A column of text.
    public static func text(_ heading: String) -> Column {
      Column(heading: printableLine(heading), alignment: .left)
    }

    /// A column of numbers, with or without a unit.
    public static func number(_ heading: String) -> Column {
      Column(heading: printableLine(heading), alignment: .right)
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) {
    precondition(!columns.isEmpty, "a table needs a column")
    self.columns = columns
  }

  /// Adds a row below the others; it has one cell for each column.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row needs one cell for each column")
    rows.append(cells.map(printableLine))
  }

  /// The lines of the table, each ended by a line feed; without rows, the headings alone.
  public var text: String {
    let headings = columns.map(\.heading)
    let widths = columns.indices.map { column in
      rows.reduce(headings[column].count) { max($0, $1[column].count) }
    }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([headings, rule] + rows).map { cells in
      var line = columns.indices
        .map { padded(cells[$0], to: widths[$0], columns[$0].alignment) }
        .joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// The text with spaces up to that many characters; longer text is left whole.
func padded(_ text: String, to width: Int, _ alignment: TextTable.Alignment) -> String {
  let spaces = String(repeating: " ", count: max(0, width - text.count))
  return alignment == .left ? text + spaces : spaces + text
}
