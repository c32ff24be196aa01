internal import FidelityReports
internal import ToolKit

/// For each candidate the tensors that are most wrong.
struct TensorsSection {
  struct Candidate {
    let name: String
    let colorClass: String
    /// How many tensors differ, in words.
    let count: String
    let rows: [Row]
  }

  struct Row {
    let name: String
    let encoding: String
    let cells: [TableCell]
  }

  let headings = [
    "Bits per weight", "Relative error", "SNR, dB", "Cosine", "Largest error", "Worst segment",
  ]
  let candidates: [Candidate]

  private static let shownCount = 12

  /// Nil when no candidate's tensors differ from the reference's.
  init?(_ group: ReportGroup) {
    candidates = group.candidates.compactMap { candidate in
      let tensors = candidate.report.tensors
      // An undefined error differs too, and is the worst.
      let changed = tensors.filter { !($0.relativeError == 0) }
        .enumerated().sorted { left, right in
          let (a, b) = (left.element.badness, right.element.badness)
          return a != b ? a > b : left.offset < right.offset
        }.map(\.element)
      guard !changed.isEmpty else { return nil }
      let shown = changed.prefix(Self.shownCount)
      return Candidate(
        name: candidate.label, colorClass: candidate.colorClass,
        count: "\(changed.count) of \(tensors.count) tensors differ from the reference"
          + (shown.count < changed.count ? "; the worst \(shown.count) are shown" : ""),
        rows: shown.map(Row.init))
    }
    guard !candidates.isEmpty else { return nil }
  }
}

extension TensorsSection.Row {
  init(_ tensor: TensorReport) {
    let segment = tensor.worstSegment
    self.init(
      name: tensor.name, encoding: tensor.encoding,
      cells: [
        TableCell(tensor.bitsPerWeight, text: decimalText(tensor.bitsPerWeight, decimals: 2)),
        TableCell(tensor.relativeError, text: errorText(tensor.relativeError)),
        TableCell(tensor.signalToNoise, text: decimalText(tensor.signalToNoise, decimals: 1)),
        TableCell(tensor.cosine, text: decimalText(tensor.cosine, decimals: 6)),
        TableCell(tensor.maximumAbsoluteError, text: errorText(tensor.maximumAbsoluteError)),
        TableCell(
          segment.relativeError, text: errorText(segment.relativeError),
          small: "row \(segment.row), column \(segment.column)"),
      ])
  }
}

extension TensorReport {
  fileprivate var badness: Double { relativeError.isNaN ? .infinity : relativeError }
}
