import Parallel
import Testing
import ToolKit

@Suite struct ProgressTextTests {
  private func bytes(done: Int, rate: Double? = 229_000_000) -> ProgressSnapshot {
    ProgressSnapshot(
      stage: "quantize", unit: .bytes, done: done, total: 7_800_000_000, elapsed: .seconds(5),
      rate: rate)
  }

  private func steps(_ done: Int, of total: Int, rate: Double?) -> ProgressSnapshot {
    ProgressSnapshot(
      stage: "render", unit: .steps, done: done, total: total, elapsed: .seconds(8), rate: rate)
  }

  @Test func aLineNamesStagePercentAmountsRateAndTimeLeft() {
    #expect(
      bytes(done: 1_200_000_000).statusLine
        == "quantize: 15%, 1.2 GB of 7.8 GB, 229.0 MB/s, 29 s left")
    #expect(
      steps(1, of: 28, rate: 1.5).statusLine
        == "render: 3%, 1 of 28 steps, 1.5 steps/s, 18 s left")
  }

  @Test func slowStepsAreShownAsSecondsPerStep() {
    #expect(
      steps(1, of: 4, rate: 0.05).statusLine
        == "render: 25%, 1 of 4 steps, 20.0 s/step, 1 min 00 s left")
  }

  @Test func anUnknownTotalShowsNoPercentAndNoTimeLeft() {
    #expect(steps(3, of: 0, rate: 2).statusLine == "render: 3 steps, 2.0 steps/s")
    #expect(steps(3, of: 0, rate: 2).startLine == "render")
    #expect(progressBar(steps(3, of: 0, rate: 2), width: 80) == "render  3 steps  2.0 steps/s")
  }

  @Test func hundredPercentMeansFinished() {
    #expect(bytes(done: 7_799_999_999).percent == 99)
    #expect(bytes(done: 7_800_000_000).percent == 100)
    #expect(steps(5, of: 4, rate: nil).percent == 100)
    let huge = ProgressSnapshot(
      stage: "s", unit: .bytes, done: Int.max - 1, total: Int.max, elapsed: .zero)
    #expect(huge.percent == 99)
  }

  @Test func beginAndEndHaveTheirOwnLines() {
    #expect(bytes(done: 0).startLine == "quantize: 7.8 GB")
    #expect(bytes(done: 7_800_000_000).endLine == "quantize: 7.8 GB in 5.0 s, 1.6 GB/s")
    #expect(bytes(done: 1_000_000_000).endLine == "quantize: 1.0 GB of 7.8 GB in 5.0 s, 200.0 MB/s")
    #expect(steps(1, of: 1, rate: nil).endLine == "render: 1 step in 8.0 s, 8.0 s/step")
    #expect(steps(0, of: 0, rate: nil).endLine == "render: 0 steps in 8.0 s")
  }

  @Test(arguments: [
    (
      120,
      "quantize   15% [######----------------------------------] 1.2 GB of 7.8 GB  229.0 MB/s  29 s left"
    ),
    (80, "quantize   15% [###-------------------] 1.2 GB of 7.8 GB  229.0 MB/s  29 s left"),
    (60, "quantize   15% [##------------] 1.2 GB of 7.8 GB  29 s left"),
    (40, "quantize   15% [#-----------] 29 s left"),
    (30, "quantize   15%  29 s left"),
    (24, "quantize   15%"),
    (12, "qu...   15%"),
    (3, "  "),
    (0, ""),
  ])
  func theBarFitsTheTerminal(width: Int, line: String) {
    #expect(progressBar(bytes(done: 1_200_000_000), width: width) == line)
  }

  @Test func everyWidthLeavesTheLastColumnFree() {
    let cases = [
      bytes(done: 0, rate: nil), bytes(done: 1_200_000_000), bytes(done: 7_800_000_000),
      steps(3, of: 0, rate: 0.01), steps(27, of: 28, rate: 0.001),
    ]
    for snapshot in cases {
      for width in 0...200 {
        #expect(progressBar(snapshot, width: width).count <= max(0, width - 1))
      }
    }
  }

  @Test func aStageNamedByAFileStaysOnItsLine() {
    let snapshot = ProgressSnapshot(
      stage: "read \u{1B}[2J\n", unit: .bytes, done: 0, total: 5, elapsed: .zero)
    #expect(snapshot.startLine == "read \\u{1B}[2J\\u{A}: 5 B")
  }
}

@Suite struct SmoothedRateTests {
  @Test func withoutASampleThereIsNoRate() {
    var rate = SmoothedRate()
    #expect(rate.unitsPerSecond == nil)
    rate.add(5, seconds: 0)
    #expect(rate.unitsPerSecond == nil)
  }

  @Test func aConstantSpeedIsShownFromTheFirstSampleOn() throws {
    var rate = SmoothedRate(timeConstant: 5)
    for _ in 0..<100 {
      rate.add(30, seconds: 0.25)
      // Numerator and denominator see the same factors, each step rounding both at most three
      // times: 100 steps stay within 600 half-ulps, 600 · 2^-53 of 120.
      let shown = try #require(rate.unitsPerSecond)
      #expect(abs(shown - 120) <= 120 * 600 * 0x1p-53)
    }
  }

  @Test func afterTheTimeConstantTheOldSpeedCountsOneOverE() throws {
    var rate = SmoothedRate(timeConstant: 5)
    for _ in 0..<1000 { rate.add(100, seconds: 1) }
    for _ in 0..<5 { rate.add(0, seconds: 1) }
    // exp(-1) of the old speed, the weight being 1 within exp(-200); 36.787944… to 9 digits.
    let shown = try #require(rate.unitsPerSecond)
    #expect(abs(shown - 36.787_944_117) < 1e-9)
  }
}
