import FidelityReports
import ReportPages
import Testing

@Suite struct FigureTests {
  @Test func ticksAreShort() {
    #expect(tickText(0) == "0")
    #expect(tickText(0.05) == "0.05")
    #expect(tickText(200) == "200")
    #expect(tickText(0.001) == "0.001")
    #expect(tickText(1e-4) == "1e-4")
    #expect(tickText(2e-5) == "2e-5")
  }

  @Test func quantilesAreLinearBetweenNeighbours() {
    #expect(median(of: [3, 1, 2]) == 2)
    #expect(median(of: [1, 2]) == 1.5)
    #expect(quantile(0.25, of: [0, 1, 2, 3, 4]) == 1)
    #expect(quantile(1, of: [1, 5, 3]) == 5)
    #expect(median(of: [1, .nan, 3]) == 2)
    #expect(median(of: []).isNaN)
    #expect(median(of: [.infinity, .infinity]) == .infinity)
    #expect(median(of: [-.infinity, .infinity]) == .infinity)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64IsThatOfTheStandard(_ plain: String, _ encoded: String) {
    // The vectors of RFC 4648, section 10.
    #expect(base64(Array(plain.utf8)) == encoded)
    #expect(base64Length(plain.utf8.count) == encoded.utf8.count)
  }

  @Test func coordinatesAreTenthsWithAPoint() {
    #expect(coordinate(12) == "12")
    #expect(coordinate(12.34) == "12.3")
    #expect(coordinate(-0.04) == "0")
    #expect(coordinate(-1.25) == "-1.3")
  }

  @Test func namesAreShortenedInTheMiddle() {
    #expect(shortened("abcdefgh", to: 8) == "abcdefgh")
    #expect(shortened("abcdefghi", to: 8) == "abcd…ghi")
  }

  @Test func theWorstOfUndefinedFiguresIsUndefined() throws {
    var goldens = sampleGoldens(count: 3, stepCount: 2, error: 0.1, picture: nil)
    goldens[1].velocityRelativeError = .nan
    let spread = try #require(PageMetric.velocity.spread(goldens))
    #expect(spread.median == 0.1)
    #expect(spread.worst.isNaN)
    #expect(PageMetric.similarity.spread(goldens) == nil)
  }

  @Test func theWorstOfARatioIsTheSmallest() throws {
    var goldens = sampleGoldens(count: 2, stepCount: 1, error: 0.1, picture: nil)
    goldens[0].latentsPSNR = .infinity
    let spread = try #require(PageMetric.peak.spread(goldens))
    #expect(spread.worst == 30)
  }
}
