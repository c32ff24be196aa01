public import FidelityReports
internal import Storage

/// A page that shows what one or several verifications found: one HTML file that needs nothing else,
/// neither a network nor the files it was made from.
///
/// Reports on the same golden set, known by its SHA-256, stand side by side; others have parts of
/// their own. The same reports, pictures and trends give the same bytes.
public struct ReportPage {
  /// The bytes that a page should have at most, pictures in base64 included: 2 MB.
  public static let defaultByteLimit = 2_000_000

  /// The bytes of all pictures together, before base64, unless the rest of the page leaves less.
  static let pictureByteLimit = 1_400_000

  let reports: [(report: FidelityReport, folder: String)]
  private let trends: [TrendSeries]
  private let title: String
  private let byteLimit: Int

  /// A page about reports, each with the folder that the paths of its pictures start from.
  ///
  /// `byteLimit` is kept by showing smaller pictures, which the page says; tables and charts alone
  /// can have more.
  public init(
    reports: [(report: FidelityReport, folder: String)], trends: [TrendSeries] = [],
    title: String = "Fidelity report", byteLimit: Int = defaultByteLimit
  ) {
    self.reports = reports
    self.trends = trends
    self.title = title
    self.byteLimit = byteLimit
  }

  /// The page.
  ///
  /// Pictures that cannot be read are named on it with the reason. Throws `PageFailure.noReports`.
  /// Memory: see `PictureShelf`; the page itself twice.
  public func html() throws -> String {
    guard !reports.isEmpty else { throw PageFailure.noReports }
    let groups = ReportGroup.grouped(reports)
    var shelf = PictureShelf()
    for group in groups { group.read(into: &shelf) }
    let templates = try PageTemplates()
    func page(_ embedded: EmbeddedPictures) throws -> String {
      try templates.render(
        PageModel(
          title: title, groups: groups, trends: trends, shelf: shelf, embedded: embedded))
    }
    let bare = try page(EmbeddedPictures())
    // Each picture also has its address's beginning and its place in the markup, below 400 bytes.
    let markupByteCount = (shelf.pictures.count + shelf.maps.count) * 400
    let room = (byteLimit - bare.utf8.count - markupByteCount) / 4 * 3
    let embedded = try EmbeddedPictures.fitting(
      shelf, byteLimit: min(Self.pictureByteLimit, room))
    return embedded.quality == nil ? bare : try page(embedded)
  }

  /// Writes the page whole, or not at all.
  public func write(to path: String) throws {
    let bytes = Array(try html().utf8)
    try AtomicFile.write(bytes.rawBytes, to: path)
  }
}
