internal import FidelityReports

/// A candidate as the page names and draws it.
struct PageCandidate {
  let report: CandidateReport
  /// Where the paths of its pictures begin.
  let folder: String
  /// Its name, with its arithmetic where that is not float32, and with a number when another
  /// candidate has the same.
  let label: String
  /// Whether it is the unquantized model that the others are compared with.
  let isReference: Bool
  /// Nil for a reference, which no chart shows: its error is that of rounding.
  let style: SeriesStyle?

  /// The path of a picture that the report names.
  func path(_ file: String) -> String {
    file.hasPrefix("/") || folder.isEmpty ? file : folder + "/" + file
  }

  /// The classes of its colour; none for the reference.
  var colorClass: String { style?.colorClass ?? "s-reference" }
}
