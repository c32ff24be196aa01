internal import FidelityReports

/// Everything that the templates print, in the words in which they print it.
struct PageModel {
  struct Group {
    let id: String
    /// Which golden set it is of, where a page has several; nil where it has one.
    let heading: String?
    let summary: SummarySection
    let violations: ViolationsSection?
    let charts: ChartsSection?
    let layers: LayersSection?
    let pictures: PicturesSection?
    let goldens: GoldensSection?
    let tensors: TensorsSection?
    let provenance: ProvenanceSection
  }

  struct Explanation {
    let title: String
    let text: String
  }

  struct Anchor {
    let id: String
    let text: String
  }

  let title: String
  let headline: Headline
  let subtitle: String
  /// What several golden sets mean for the reader; nil for one.
  let notice: String?
  let anchors: [Anchor]
  let groups: [Group]
  let trends: TrendsSection?
  let explanations: [Explanation]

  init(
    title: String, groups: [ReportGroup], trends: [TrendSeries], shelf: PictureShelf,
    embedded: EmbeddedPictures
  ) {
    self.title = title
    headline = Headline(groups)
    subtitle =
      "\(headline.goldenCount) golden\(headline.goldenCount == 1 ? "" : "s") computed by "
      + (groups.first?.goldenSet.producer ?? "")
    notice =
      groups.count == 1
      ? nil
      : "These reports are of \(groups.count) different golden sets. Figures of different sets say "
        + "nothing about each other, so each set has a part of its own."
    self.groups = groups.enumerated().map { index, group in
      let id = "g\(index)"
      return Group(
        id: id,
        heading: groups.count == 1
          ? nil : "Golden set \(group.goldenSet.file) (\(group.goldenSet.sha256.prefix(12))…)",
        summary: SummarySection(group), violations: ViolationsSection(group),
        charts: ChartsSection(group, id: id), layers: LayersSection(group),
        pictures: PicturesSection(group, shelf: shelf, embedded: embedded),
        goldens: GoldensSection(group), tensors: TensorsSection(group),
        provenance: ProvenanceSection(group))
    }
    self.trends = TrendsSection(trends, groups: groups)
    explanations =
      PageMetric.all.map { Explanation(title: $0.title, text: $0.explanation) }
      + [
        Explanation(
          title: "Arithmetic",
          text: "What the products of the transformer's blocks are computed in: float32, the "
            + "reference; bfloat16; or int8, with a scale for each token and each row of weights "
            + "(W8A8). Goldens and reference are of float32."),
        Explanation(
          title: "Drift",
          text: "‖x − x*‖ / ‖x*‖ of the latents after each step of the candidate's own run."),
        Explanation(
          title: "Error of a block",
          text: "‖Δ − Δ*‖ / ‖x*‖, where Δ is what the block adds to the residual stream x when it "
            + "is given the reference's activations: its own part of the error."),
      ]
    anchors = Self.anchors(self.groups, hasTrends: self.trends != nil)
  }

  /// Of the parts that are there in the first group.
  private static func anchors(_ groups: [Group], hasTrends: Bool) -> [Anchor] {
    guard let group = groups.first else { return [] }
    let parts: [(String, String, Bool)] = [
      ("summary", "Summary", true),
      ("violations", "Limits", group.violations != nil),
      ("charts", "Charts", group.charts != nil),
      ("layers", "Blocks", group.layers != nil),
      ("pictures", "Pictures", group.pictures != nil),
      ("goldens", "Goldens", group.goldens != nil),
      ("tensors", "Tensors", group.tensors != nil),
      ("provenance", "Provenance", true),
    ]
    var anchors = parts.filter(\.2).map { Anchor(id: "\(group.id)-\($0.0)", text: $0.1) }
    if hasTrends { anchors.append(Anchor(id: "trends", text: "Trends")) }
    return anchors + [Anchor(id: "metrics", text: "Metrics")]
  }
}
