import FidelityReports
import Operations
import ReportPages
import Testing

@Suite struct ReportPageTests {
  private func page(_ reports: FidelityReport..., trends: [TrendSeries] = []) throws -> String {
    try ReportPage(reports: reports.map { ($0, "") }, trends: trends).html()
  }

  @Test func aPageOfNothingIsRefused() {
    #expect(throws: PageFailure.noReports) { try ReportPage(reports: []).html() }
  }

  @Test func thePageNamesNothingOutsideOfItself() throws {
    let html = try page(sampleReport())
    for address in ["http:", "https:", "//", "url(", "@import", "<iframe", "<link rel=\"style"] {
      // The script's own comments begin with two strokes.
      let markup = html.components(before: "<script>")
      #expect(!markup.contains(address), "\(address)")
    }
  }

  @Test func theSameReportsGiveTheSameBytes() throws {
    #expect(try page(sampleReport()) == page(sampleReport()))
  }

  @Test func theHeadlineSaysHowManyFail() throws {
    var report = sampleReport(names: ["a", "b", "c"])
    #expect(try page(report).contains(">All 3 candidates keep their limits</h1>"))
    report.candidates[2].violations = [
      ViolationReport(
        subject: "golden-1", limit: "velocity_relative_error", allowed: 0.5, found: .nan,
        place: nil)
    ]
    let html = try page(report)
    #expect(html.contains(">1 of 3 candidates goes beyond a limit</h1>"))
    #expect(html.contains("Limits that are not kept"))
    report.candidates[0].violations = report.candidates[2].violations
    #expect(try page(report).contains(">The reference itself goes beyond a limit</h1>"))
  }

  @Test func candidatesWithoutLimitsAreMeasuredAndNotPassed() throws {
    let html = try page(sampleReport(names: ["a"], thresholds: [:]))
    #expect(html.contains(">1 candidate measured, without limits</h1>"))
    #expect(html.contains("no limits"))
  }

  @Test func theReferenceAloneIsAReport() throws {
    let html = try page(sampleReport(names: []))
    #expect(html.contains(">The reference keeps its limits</h1>"))
    #expect(html.contains("Drift along the run"))
  }

  @Test func reportsOnOneGoldenSetStandSideBySide() throws {
    let html = try page(sampleReport(names: ["old"]), sampleReport(names: ["new"]))
    #expect(html.components(separatedBy: "<h2 id=\"g0-summary-h\">").count == 2)
    #expect(!html.contains("g1-summary"))
    #expect(html.components(separatedBy: ">the unquantized model<").count == 2)
  }

  @Test func candidatesOfOneNameAreNumbered() throws {
    let html = try page(sampleReport(names: ["int8"]), sampleReport(names: ["int8"], error: 0.02))
    #expect(html.contains("<bdi>int8</bdi>"))
    #expect(html.contains("<bdi>int8 (2)</bdi>"))
    let taken = try page(
      sampleReport(names: ["a", "a (2)"]), sampleReport(names: ["a"], error: 0.02))
    #expect(taken.contains("<bdi>a (3)</bdi>"))
  }

  @Test func candidatesOfAnotherArithmeticSayIt() throws {
    var other = sampleReport(names: ["int8"], error: 0.02)
    other.candidates[1].arithmetic = .int8
    let html = try page(sampleReport(names: ["int8"]), other)
    #expect(html.contains("<bdi>int8</bdi>"))
    #expect(html.contains("<bdi>int8@int8</bdi>"))
    #expect(html.components(separatedBy: "<small>in int8 arithmetic</small>").count == 2)
    // In the provenance: the reference and the first candidate, then the second.
    #expect(html.components(separatedBy: "<td>float32</td>").count == 3)
    #expect(html.components(separatedBy: "<td>int8</td>").count == 2)
  }

  @Test func reportsOnOtherGoldenSetsHaveTheirOwnPart() throws {
    let html = try page(sampleReport(sha256: "ab"), sampleReport(sha256: "cd"))
    #expect(html.contains("These reports are of 2 different golden sets."))
    #expect(html.contains("g1-summary"))
  }

  @Test func goldensWithoutStepsHaveNoCurves() throws {
    let html = try page(sampleReport(stepCount: 0))
    #expect(!html.contains("Drift along the run"))
    #expect(html.contains("Size against velocity error"))
  }

  @Test func reportsWithoutGoldensHaveTheirSizes() throws {
    let html = try page(sampleReport(goldenCount: 0))
    #expect(html.contains("4.0 GB"))
    #expect(!html.contains("Every golden"))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 0, 1e308, Double.leastNonzeroMagnitude, -1])
  func numbersWithoutAPlaceOnAnAxisAreSaid(_ error: Double) throws {
    let html = try page(sampleReport(error: error))
    let wrong = [">nan", " nan", "\"nan", ">inf", " inf ", "\"inf", "Linf", "Mnan"].filter {
      html.contains($0)
    }
    #expect(wrong.isEmpty)
  }

  @Test func fortyCandidatesHaveFortyLooks() throws {
    let names = (0..<40).map { "candidate-\($0)" }
    let html = try page(sampleReport(names: names))
    for name in names { #expect(html.contains("<bdi>\(name)</bdi>")) }
    #expect(html.utf8.count < 2_000_000)
  }

  @Test func trendsHaveAChartForEachMetric() throws {
    let trends = ["velocity error", "FLIP"].map { metric in
      TrendSeries(
        candidate: "int8", metric: metric,
        points: [
          TrendPoint(label: "0.1.0", value: 0.01), TrendPoint(label: "0.2.0", value: .nan),
          TrendPoint(label: "0.3.0", value: 0.02),
        ])
    }
    let html = try page(sampleReport(), trends: trends)
    #expect(html.contains("<h2 id=\"trends-h\">Trends</h2>"))
    #expect(html.contains("int8, 0.3.0: 0.0200"))
    #expect(!html.contains("int8, 0.2.0"))
  }

  @Test func everyPartOfAReportIsShown() throws {
    var report = sampleReport()
    report.skipped = [SkippedReport(id: "apple-ink", reason: "no adapter")]
    let html = try page(report)
    for text in [
      "ab12", "diffusers", "mmdit-tools 0.1.0", "Linux 6.1", "a processor, 2 threads",
      "set.safetensors", "blocks.0.weight", "row 3, column 64", "apple-ink", "no adapter",
      "velocity_relative_error 0.5", "What the figures mean", "Error of each block",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }
}

extension String {
  fileprivate func components(before mark: String) -> String {
    components(separatedBy: mark).first ?? ""
  }

  fileprivate func components(separatedBy mark: String) -> [String] {
    var parts = [""]
    var rest = self[...]
    while let found = rest.firstRange(of: mark) {
      parts[parts.count - 1] = String(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
      parts.append(String(rest))
    }
    if parts.count == 1 { return [self] }
    return parts
  }
}
