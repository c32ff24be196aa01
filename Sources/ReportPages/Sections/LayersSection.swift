internal import FidelityReports
internal import Glibc
internal import ToolKit

/// The heat map: what each block adds to the error, at each noise level, for each candidate.
struct LayersSection {
  struct Candidate {
    let name: String
    let colorClass: String
    let columnCount: Int
  }

  /// Blocks whose names differ in the number at their end.
  struct Part {
    /// What stands before the number, with the full stop; empty for names without one.
    let prefix: String
    let columnCount: Int
    var rows: [Row]
  }

  struct Row {
    /// The number, or the whole name.
    let block: String
    let cells: [Cell]
  }

  struct Cell {
    /// The class of its shade; that of an empty cell where nothing was measured.
    let shade: String
    let text: String
    /// Whether a new candidate begins.
    let isFirst: Bool
  }

  struct Heading {
    let text: String
    let isFirst: Bool
  }

  let candidates: [Candidate]
  /// Of the columns: the place of the step in its run.
  let headings: [Heading]
  let parts: [Part]
  let lowest: String
  let highest: String

  /// The classes `h0` … of the style sheet.
  static let shadeCount = 16

  /// Nil when no candidate's blocks were measured.
  init?(_ group: ReportGroup) {
    let measured = group.candidates.filter { !$0.report.blocks.isEmpty }
    guard !measured.isEmpty else { return nil }
    let scale = Scale(
      measured.flatMap(\.report.blocks).flatMap(\.errors).map(\.relativeError))
    // The columns of a candidate are the noise levels that any of its blocks has.
    let progress = measured.map { candidate in
      Set(candidate.report.blocks.flatMap(\.errors).map(\.progress)).sorted()
    }
    var seen: Set<String> = []
    let names = measured.flatMap(\.report.blocks).map(\.name).filter { seen.insert($0).inserted }
    candidates = zip(measured, progress).map { candidate, columns in
      Candidate(
        name: candidate.label, colorClass: candidate.colorClass,
        columnCount: max(1, columns.count))
    }
    headings = progress.flatMap { columns in
      columns.enumerated().map { index, value in
        Heading(text: decimalText(value * 100, decimals: 0), isFirst: index == 0)
      }
    }
    let blocks = measured.map { candidate in
      Dictionary(candidate.report.blocks.map { ($0.name, $0.errors) }) { first, _ in first }
    }
    let columnCount = headings.count + 1
    var parts: [Part] = []
    for name in names {
      let cells = zip(blocks, progress).flatMap { blocks, columns in
        columns.enumerated().map { index, place in
          let error = blocks[name]?.first { $0.progress == place }?.relativeError
          return Cell(
            shade: scale.shade(error), text: errorText(error ?? .nan), isFirst: index == 0)
        }
      }
      let (prefix, number) = Self.split(name)
      if parts.last?.prefix != prefix {
        parts.append(Part(prefix: prefix, columnCount: columnCount, rows: []))
      }
      parts[parts.count - 1].rows.append(Row(block: number, cells: cells))
    }
    self.parts = parts
    lowest = errorText(scale.low)
    highest = errorText(scale.high)
  }

  /// `transformer_blocks.` and `7`.
  private static func split(_ name: String) -> (prefix: String, number: String) {
    guard let dot = name.lastIndex(of: "."), case let number = name[name.index(after: dot)...],
      !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return ("", name) }
    return (String(name[...dot]), String(number))
  }

  /// Shades of equal ratios between the smallest and the largest error, but at most of four powers
  /// of ten: smaller ones look alike.
  private struct Scale {
    let low: Double
    let high: Double

    init(_ errors: [Double]) {
      let shown = errors.filter { $0.isFinite && $0 > 0 }
      high = shown.max() ?? .nan
      low = max(shown.min() ?? .nan, high * 1e-4)
    }

    func shade(_ error: Double?) -> String {
      guard let error, !error.isNaN else { return "h-none" }
      guard error.isFinite else { return "h\(LayersSection.shadeCount - 1)" }
      guard error > low, high > low else { return high > low || error <= 0 ? "h0" : "h8" }
      let place = log10(error / low) / log10(high / low)
      let last = LayersSection.shadeCount - 1
      return "h\(min(last, Int(place * Double(last) + 0.5)))"
    }
  }
}
