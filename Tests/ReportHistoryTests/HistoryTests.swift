import FidelityReports
import Operations
import ReportHistory
import Storage
import TestSupport
import Testing

@Suite struct HistoryTests {
  /// A history with three versions, added out of their order.
  private func history(in folder: TemporaryFolder) throws -> History {
    let history = try History.open(folder.path("h.sqlite"), for: .writing)
    try history.add(sampleReport(["int8": 0.04, "int4": 0.2]), label: "v2", at: day(2))
    try history.add(sampleReport(["int8": 0.01]), label: "v1", at: day(1))
    try history.add(sampleReport(["int8": 0.6]), label: "v3", at: day(3))
    return history
  }

  private func day(_ day: Int) -> Timestamp { Timestamp(secondsSince1970: day * 86_400) }

  @Test func reportsComeBackAsTheyWere() throws {
    try TemporaryFolder.with { folder in
      _ = try history(in: folder)
      let history = try History.open(folder.path("h.sqlite"))
      #expect(try history.report("v2") == sampleReport(["int8": 0.04, "int4": 0.2]))
      #expect(try history.contains("v1"))
      #expect(try !history.contains("v4"))
    }
  }

  @Test func runsAreOrderedByTime() throws {
    try TemporaryFolder.with { folder in
      let runs = try history(in: folder).runs()
      #expect(runs.map(\.label) == ["v1", "v2", "v3"])
      #expect(runs.map(\.passes) == [true, true, false])
      #expect(runs[1].candidates == ["reference", "int8", "int4"])
      #expect(runs[0].environment == sampleReport([:]).environment)
      #expect(runs[0].goldenSet == sampleReport([:]).goldenSet)
      #expect(runs[0].addedAt.description == "1970-01-02T00:00:00Z")
    }
  }

  @Test func aTrendHasTheMeansOfEveryRun() throws {
    try TemporaryFolder.with { folder in
      let lines = try history(in: folder).trend(.mean(.velocityError), candidate: "int8")
      #expect(lines.map(\.candidate) == ["int8"])
      #expect(lines[0].points.map(\.label) == ["v1", "v2", "v3"])
      #expect(lines[0].points.map(\.passes) == [true, true, false])
      // The geometric mean of e and 4e is 2e, but for the rounding of logarithms.
      for (point, expected) in zip(lines[0].points, [0.02, 0.08, 1.2]) {
        #expect(abs(point.value / expected - 1) < 1e-14)
      }
    }
  }

  @Test func everyArithmeticHasATrendOfItsOwn() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      var report = sampleReport(["int8": 0.1])
      report.candidates[1].arithmetic = .int8
      try history.add(report, label: "v4", at: day(4))
      let lines = try history.trend(.mean(.velocityError), candidate: "int8")
      #expect(lines.map(\.candidate) == ["int8", "int8"])
      #expect(lines.map(\.arithmetic) == [.float32, .int8])
      #expect(lines.map { $0.points.map(\.label) } == [["v1", "v2", "v3"], ["v4"]])
      #expect(try history.report("v4") == report)
    }
  }

  @Test func trendsFollowEveryCandidateAndNumber() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      #expect(
        try history.trend(.storedByteCount).map { "\($0.candidate) \($0.points.count)" } == [
          "reference 3", "int8 3", "int4 1",
        ])
      #expect(try history.trend(.bitsPerWeight, candidate: "int4")[0].points[0].value == 8.5)
      #expect(try history.trend(.weightError, candidate: "int8")[0].points[0].value == 0.01)
      #expect(try history.trend(.weightError)[0].points[0].value.isNaN)
      #expect(try history.trend(.mean(.pictureSSIM))[0].points[0].value.isNaN)
      // Equal latents are infinitely alike, which counts as 95 dB.
      #expect(try history.trend(.mean(.latentsPSNR))[0].points[0].value == 95)
    }
  }

  @Test func everyTrendHasAName() {
    #expect(Set(TrendMetric.allCases.map(\.name)).count == TrendMetric.allCases.count)
    for metric in TrendMetric.allCases { #expect(TrendMetric(name: metric.name) == metric) }
    #expect(TrendMetric(name: "speed") == nil)
  }

  @Test func anUnknownCandidateIsNamedWithThoseThatAreThere() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      #expect(
        throws: HistoryFailure.unknownCandidate(
          path: folder.path("h.sqlite"), name: "fp8", known: ["reference", "int8", "int4"])
      ) { try history.trend(.weightError, candidate: "fp8") }
    }
  }

  @Test func aLabelIsTakenOnce() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      let report = sampleReport(["other": 0.3])
      #expect(
        throws: HistoryFailure.duplicateLabel(path: folder.path("h.sqlite"), label: "v1")
      ) { try history.add(report, label: "v1", at: day(4)) }
      #expect(try history.report("v1") == sampleReport(["int8": 0.01]))
      try history.add(report, label: "v1", at: day(4), replacing: true)
      #expect(try history.report("v1") == report)
      #expect(try history.runs().map(\.label) == ["v2", "v3", "v1"])
      // Nothing is left of the run that was replaced.
      #expect(try history.trend(.bitsPerWeight).map(\.points.count) == [3, 2, 1, 1])
    }
  }

  @Test func aLabelIsALine() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      for label in ["", "a\nb", String(repeating: "x", count: 101)] {
        #expect(throws: HistoryFailure.badLabel(label: label)) {
          try history.add(sampleReport([:]), label: label, at: day(1))
        }
      }
      let quoted = "v1'; DROP TABLE run; --"
      try history.add(sampleReport([:]), label: quoted, at: day(9))
      #expect(try history.runs().last?.label == quoted)
      #expect(try history.report(quoted) == sampleReport([:]))
    }
  }

  @Test func anUnknownLabelIsNamedWithThoseThatAreThere() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      #expect(
        throws: HistoryFailure.unknownLabel(
          path: folder.path("h.sqlite"), label: "v9", known: ["v1", "v2", "v3"])
      ) { try history.report("v9") }
    }
  }

  @Test func aReportThatIsUndefinedInPlacesIsKept() throws {
    try TemporaryFolder.with { folder in
      let history = try history(in: folder)
      var report = sampleReport(["int8": 0.1])
      report.candidates[1].goldens[0].velocityRelativeError = .nan
      report.candidates[1].tensors[0].relativeError = .nan
      try history.add(report, label: "nan", at: day(5))
      #expect(try history.trend(.mean(.velocityError), candidate: "int8")[0].points[3].value.isNaN)
      #expect(try history.trend(.weightError, candidate: "int8")[0].points[3].value.isNaN)
      #expect(try history.report("nan").document == report.document)
    }
  }
}
