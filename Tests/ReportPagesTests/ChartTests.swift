import ReportPages
import Testing

@Suite struct ChartTests {
  @Test func ticksOfALinearAxisAreRound() throws {
    let axis = try #require(Axis.fitting([0, 10], title: ""))
    #expect(axis.ticks.map(\.text) == ["0", "5", "10"])
    #expect(axis.place(of: axis.domain.lowerBound) == 0)
    #expect(axis.place(of: axis.domain.upperBound) == 1)
  }

  @Test func ticksOfALogarithmicAxisAreRound() throws {
    let decades = try #require(Axis.fitting([1e-4, 1], title: "", isLogarithmic: true))
    #expect(decades.ticks.map(\.text) == ["1e-4", "0.001", "0.01", "0.1", "1"])
    let narrow = try #require(Axis.fitting([0.02, 0.06], title: "", isLogarithmic: true))
    #expect(narrow.ticks.map(\.text) == ["0.02", "0.03", "0.04", "0.05", "0.06"])
  }

  @Test(arguments: [false, true])
  func ticksLieOnTheAxis(_ isLogarithmic: Bool) throws {
    for exponent in stride(from: -200.0, through: 200, by: 7) {
      for ratio in [1, 1.01, 1.7, 3, 12, 1e4, 1e30] {
        let low = 1.234 * powerOfTen(exponent)
        let axis = try #require(
          Axis.fitting([low, low * ratio], title: "", isLogarithmic: isLogarithmic))
        #expect((2...7).contains(axis.ticks.count), "\(low) \(ratio)")
        for tick in axis.ticks { #expect(axis.domain.contains(tick.value)) }
        #expect((0...1).contains(axis.place(of: low)))
        #expect((0...1).contains(axis.place(of: low * ratio)))
      }
    }
  }

  @Test func numbersThatAnAxisCannotShowDoNotCount() {
    #expect(Axis.fitting([.nan, .infinity], title: "") == nil)
    #expect(Axis.fitting([0, -1], title: "", isLogarithmic: true) == nil)
    #expect(Axis.fitting([], title: "") == nil)
    #expect(Axis.fitting([0, .nan, 3], title: "")?.shows(.nan) == false)
  }

  @Test func oneNumberHasAnAxis() throws {
    for value in [0.0, 5, -3] {
      let axis = try #require(Axis.fitting([value], title: ""))
      #expect(axis.domain.lowerBound < axis.domain.upperBound)
    }
  }

  @Test func aPointWithoutAPlaceInterruptsItsLine() throws {
    let y = try #require(Axis.fitting([1, 2], title: ""))
    let chart = LineChart(
      frame: ChartFrame(x: .fraction(title: ""), y: y),
      lines: [
        LineChart.Line(
          name: "a", style: SeriesStyle(index: 0),
          points: [
            .init(x: 0, y: 1), .init(x: 0.25, y: 2), .init(x: 0.5, y: .nan), .init(x: 0.75, y: 1),
            .init(x: 1, y: 2),
          ])
      ])
    let drawing = chart.svg(id: "c", summary: "s")
    let path = try #require(drawing.firstRange(of: "<g class=\"line")).lowerBound
    #expect(drawing[path...].filter { $0 == "M" }.count == 2)
  }

  @Test func namesBesideMarksDoNotOverlap() throws {
    let points = (0..<30).map { index in
      ScatterChart.Point(
        name: "candidate \(index)", style: SeriesStyle(index: index), x: Double(index % 6),
        y: Double(index / 6), description: "")
    }
    let x = try #require(Axis.fitting(points.map(\.x), title: ""))
    let y = try #require(Axis.fitting(points.map(\.y), title: ""))
    let drawing = ScatterChart(frame: ChartFrame(x: x, y: y), points: points)
      .svg(id: "c", summary: "s")
    // Every mark is there, though not every name fits.
    #expect(drawing.split(separator: "class=\"mark").count == 31)
  }

  @Test func fortySeriesLookDifferent() {
    let looks = (0..<40).map { index in
      let style = SeriesStyle(index: index)
      return style.colorClass + style.dash + style.marker(x: 0, y: 0)
    }
    #expect(Set(looks).count == 40)
  }

  @Test func runsOfDifferentLengthsHaveACommonMedian() {
    let curve = RunCurve.drift(
      sampleGoldens(count: 1, stepCount: 4, error: 1, picture: nil)
        + sampleGoldens(count: 1, stepCount: 2, error: 1, picture: nil))
    // Four steps: 1, 2, 3, 4 at 0.25 … 1. Two steps: 1, 2 at 0.5 and 1, half way 1.5.
    #expect(curve.median.map(\.progress) == [0.25, 0.5, 0.75, 1])
    #expect(curve.median.map(\.middle) == [1, 1.5, 2.25, 3])
  }

  @Test func aRunOfOneStepStandsAtItsBeginning() {
    let curve = RunCurve.velocity(sampleGoldens(count: 1, stepCount: 1, error: 1, picture: nil))
    #expect(curve.median.map(\.progress) == [0])
  }

  private func powerOfTen(_ exponent: Double) -> Double {
    Double("1e\(Int(exponent))") ?? .nan
  }
}
