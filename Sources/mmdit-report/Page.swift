internal import ArgumentParser
internal import FidelityReports
internal import ReportHistory
internal import ReportPages
internal import Reports
internal import Storage
internal import ToolKit

/// `mmdit-report REPORT.json… --html FILE`: what reports found, for people.
struct Page: Tool {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Shows what verifications found, on a page that needs no network.",
    discussion: helpText(
      purpose: """
        Reads reports that mmdit-verify wrote with --json and makes one HTML file of
        them: tables, charts, heat maps and the pictures that lie beside the
        reports. Reports on the same golden set stand side by side. Exit code 1 says
        that some limit is not kept.
        """,
      examples: [
        HelpExample(
          "a page about one run", "mmdit-report fidelity.json --html fidelity.html"),
        HelpExample(
          "two versions side by side",
          "mmdit-report old/fidelity.json new/fidelity.json --html both.html"),
        HelpExample(
          "with the charts of earlier versions",
          "mmdit-report fidelity.json --html fidelity.html --history fidelity.sqlite"),
      ]),
    version: suiteVersion)

  @Argument(help: "Reports that mmdit-verify wrote with --json.", completion: .file())
  var reports: [String]

  @Option(help: "Write the page here.", completion: .file())
  var html: String?

  @Option(help: "Write the same in Markdown here, without pictures.", completion: .file())
  var markdown: String?

  @Option(
    help: "Write the table of the page for machines here; - is standard output.",
    completion: .file())
  var json: String?

  @Option(
    help: "Show how the figures went in this history, which mmdit-report add fills.",
    completion: .file())
  var history: String?

  @Option(help: "The page's title.")
  var title = "Fidelity report"

  @OptionGroup var runOptions: RunOptions

  func validate() throws {
    guard html != nil || markdown != nil || json != nil else {
      throw ValidationError("expected --html, --markdown or --json, found none of them")
    }
  }

  func execute(_ context: ToolContext) throws -> ToolExit {
    let read = try reports.map { path in
      (report: try FidelityReport.read(path), folder: FileSystem.folder(of: path))
    }
    let goldenSets = Set(read.map(\.report.goldenSet.sha256))
    let trends = try history.map { path in
      try TrendSeries.read(History.open(path), goldenSets: goldenSets)
    }
    let page = ReportPage(reports: read, trends: trends ?? [], title: title)
    if let html { try page.write(to: html) }
    if let markdown {
      try writeDocument(FidelityReport.markdown(of: read.map(\.report)), to: markdown)
    }
    try context.write(page.summary, to: json)
    return read.allSatisfy(\.report.passes) ? .done : .finding
  }
}
