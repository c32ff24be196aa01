internal import FidelityReports
internal import ToolKit

/// The grid of pictures: a line for each golden, a column for each candidate.
struct PicturesSection {
  struct Heading {
    let name: String
    let colorClass: String
  }

  struct Row {
    let id: String
    let prompt: String
    let golden: Picture
    let cells: [Cell]
  }

  struct Cell {
    let candidate: String
    /// Nil when the candidate has no picture of this golden.
    let picture: Picture?
    /// The address of the FLIP map; nil when there is none.
    let map: String?
    /// Under the picture.
    let caption: [String]
    /// For the large view: `name=figure`, divided by bars.
    let figures: String
  }

  struct Picture {
    /// Nil when it cannot be shown, for this reason.
    let address: String?
    let reason: String?
  }

  let headings: [Heading]
  let columnCount: Int
  let rows: [Row]
  let statement: String
  let gradient: String

  /// Nil when no candidate has pictures.
  init?(_ group: ReportGroup, shelf: PictureShelf, embedded: EmbeddedPictures) {
    let shown = group.candidates.filter { candidate in
      candidate.report.goldens.contains { $0.picture != nil }
    }
    guard !shown.isEmpty else { return nil }
    headings = shown.map { Heading(name: $0.label, colorClass: $0.colorClass) }
    columnCount = shown.count + 1
    rows = group.goldens.compactMap { id, prompt in
      let goldens = shown.map { candidate in
        (candidate, candidate.report.goldens.first { $0.id == id })
      }
      guard let golden = Self.goldenPath(goldens) else { return nil }
      return Row(
        id: id, prompt: prompt, golden: Self.picture(golden, shelf, embedded),
        cells: goldens.map { candidate, golden in
          Self.cell(candidate, golden, shelf: shelf, embedded: embedded)
        })
    }
    statement =
      embedded.quality?.statement
      ?? (shelf.pictures.isEmpty
        ? "No picture could be read."
        : "The pictures are left out: even much smaller ones would make the page too heavy.")
    gradient = HeatPalette.gradient(16)
  }

  /// All candidates name the same picture, each its own copy: the first counts.
  static func goldenPath(_ goldens: [(PageCandidate, GoldenReport?)]) -> String? {
    for (candidate, golden) in goldens {
      if let picture = golden?.picture { return candidate.path(picture.goldenFile) }
    }
    return nil
  }

  private static func cell(
    _ candidate: PageCandidate, _ golden: GoldenReport?, shelf: PictureShelf,
    embedded: EmbeddedPictures
  ) -> Cell {
    guard let golden, let report = golden.picture else {
      return Cell(
        candidate: candidate.label, picture: nil, map: nil, caption: ["no picture"], figures: "")
    }
    let path = candidate.path(report.file)
    let figures = PageMetric.all.compactMap { metric in
      metric.value(golden).map { "\(metric.title)=\(metric.text($0))" }
    }
    return Cell(
      candidate: candidate.label, picture: picture(path, shelf, embedded),
      map: embedded.maps[path],
      caption: [
        "SSIM \(decimalText(report.ssim, decimals: 3))",
        "FLIP \(decimalText(report.flip, decimals: 3))",
      ],
      figures: figures.joined(separator: "|"))
  }

  private static func picture(
    _ path: String, _ shelf: PictureShelf, _ embedded: EmbeddedPictures
  ) -> Picture {
    let address = embedded.pictures[path]
    return Picture(
      address: address, reason: address == nil ? shelf.reasons[path] ?? "left out" : nil)
  }
}

extension ReportGroup {
  /// The pictures that its grid needs, read.
  func read(into shelf: inout PictureShelf) {
    for (id, _) in goldens {
      let found = candidates.map { candidate in
        (candidate, candidate.report.goldens.first { $0.id == id })
      }
      guard let golden = PicturesSection.goldenPath(found) else { continue }
      shelf.add(
        golden: golden,
        candidates: found.compactMap { candidate, golden in
          (golden?.picture).map { candidate.path($0.file) }
        })
    }
  }
}
