import FidelityReports
import ReportPages
import Testing

@Suite struct EscapingTests {
  private static let hostile = [
    "<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' autofocus onfocus='alert(1)",
    "</title><img src=x onerror=alert(1)>", "</style><b>", "{{{script}}}", "&amp;lt;",
    // A quote and a combining accent are one Character.
    "\"\u{301} onmouseover=alert(1) x=\u{301}", "<\u{301}script>", "&\u{301}lt;",
    "نموذج مكمم", "\u{202E}gnp.exe", "nul\u{0}\u{1B}[31m", String(repeating: "long", count: 500),
    "", " ", "a\nb",
  ]

  @Test(arguments: hostile)
  func textOfAReportIsOnlyText(_ text: String) throws {
    var report = sampleReport(names: [text])
    report.environment.processor = text
    report.goldenSet.producer = text
    report.goldenSet.file = text
    report.skipped = [SkippedReport(id: text, reason: text)]
    for index in report.candidates.indices {
      report.candidates[index].recipe = text
      report.candidates[index].path = text
      report.candidates[index].tensors = [sampleTensor(name: text, error: 1)]
      report.candidates[index].violations = [
        ViolationReport(subject: text, limit: text, allowed: 1, found: 2, place: text)
      ]
      report.candidates[index].blocks = [
        BlockReport(name: text, errors: [BlockError(progress: 0, relativeError: 1)])
      ]
      for golden in report.candidates[index].goldens.indices {
        report.candidates[index].goldens[golden].prompt = text
        report.candidates[index].goldens[golden].picture = PictureReport(
          file: text, goldenFile: text, psnr: 1, ssim: 1, multiScaleSSIM: .nan, flip: 1)
      }
    }
    let trends = [
      TrendSeries(candidate: text, metric: text, points: [TrendPoint(label: text, value: 1)])
    ]
    let page = try ReportPage(reports: [(report, "")], trends: trends, title: text).html()
    let plain = try ReportPage(
      reports: [(replacing(text, in: report), "")],
      trends: [TrendSeries(candidate: "x", metric: "x", points: [.init(label: "x", value: 1)])],
      title: "x"
    ).html()
    // The page has the same tags and as many attributes as with a harmless text.
    #expect(tags(page) == tags(plain))
    let scalars = page.unicodeScalars
    #expect(!scalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!scalars.contains("\u{202E}"))
  }

  /// The report with another text in place of the hostile one.
  private func replacing(_ text: String, in report: FidelityReport) -> FidelityReport {
    func plain(_ value: String) -> String { value == text ? "x" : value }
    var report = report
    report.environment.processor = "x"
    report.goldenSet.producer = "x"
    report.goldenSet.file = "x"
    report.skipped = [SkippedReport(id: "x", reason: "x")]
    for index in report.candidates.indices {
      var candidate = report.candidates[index]
      candidate.name = plain(candidate.name)
      candidate.recipe = "x"
      candidate.path = "x"
      candidate.tensors = [sampleTensor(name: "x", error: 1)]
      candidate.violations = [
        ViolationReport(subject: "x", limit: "x", allowed: 1, found: 2, place: "x")
      ]
      candidate.blocks = [
        BlockReport(name: "x", errors: [BlockError(progress: 0, relativeError: 1)])
      ]
      for golden in candidate.goldens.indices {
        candidate.goldens[golden].prompt = "x"
        candidate.goldens[golden].picture?.file = "x"
        candidate.goldens[golden].picture?.goldenFile = "x"
      }
      report.candidates[index] = candidate
    }
    return report
  }

  /// Every tag's name with the number of its quotes, as a parser of HTML sees them.
  private func tags(_ html: String) -> [String] {
    var tags: [String] = []
    var name = ""
    var quotes = 0
    var isInside = false
    var isQuoted = false
    let scalars = Array(
      (html.firstRange(of: "<script>").map { html[..<$0.lowerBound] } ?? html[...]).unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      if !isInside {
        let next = index + 1 < scalars.count ? scalars[index + 1] : " "
        isInside = scalar == "<" && (next.properties.isAlphabetic || next == "/" || next == "!")
        (name, quotes, isQuoted) = ("", 0, false)
      } else if scalar == "\"" {
        isQuoted.toggle()
        quotes += 1
      } else if scalar == ">", !isQuoted {
        isInside = false
        tags.append("\(name) \(quotes)")
      } else if !isQuoted, quotes == 0 {
        name.unicodeScalars.append(scalar)
      }
    }
    return tags
  }
}
