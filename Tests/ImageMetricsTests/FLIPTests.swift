import ImageMetrics
import Images
import Testing

struct FLIPTests {
  /// flip-evaluator computes in 32-bit floats, each rounding at most u = 2⁻²⁴ and independent of the
  /// others. A blurred opponent colour, up to 200, has √(2 · 21) of them: 7.7e-5, and as much in L*a*b*,
  /// whose slopes are below 1 but near black. E_c is (0.95 / 16.5) d^0.7 of a distance d: for d ≥ 1 the
  /// slope is 0.04, which leaves 3e-6. An edge or point, a sum of 2 · 19 luminances up to 1, has
  /// √38 u = 3.7e-7; the root makes 5e-6 of it in E_f where features differ by 0.001, and the power
  /// E_c^(1 − E_f) at most |E_c ln E_c| ≤ 0.37 of that, 2e-6. Together 5e-6; four deviations of it
  /// for the worst of all pixels. A mean of 15 pixels or more has less than half a deviation.
  @Test func everyPixelIsThatOfFlipEvaluator() throws {
    var worst: Float = 0
    var worstMean = 0.0
    for golden in try MetricGolden.all() {
      let (a, b) = golden.pictures
      for (map, density) in [(golden.flip, defaultPixelsPerDegree), (golden.flipAt30, 30)] {
        guard let map else { continue }
        let result = try flip(reference: a, candidate: b, pixelsPerDegree: density)
        #expect(result.values.count == map.floats.count)
        for (value, expected) in zip(result.values, map.floats) {
          worst = max(worst, abs(value - expected))
        }
        worstMean = max(worstMean, abs(result.mean - map.mean))
      }
    }
    #expect(worst < 2e-5)
    #expect(worstMean < 2e-6)
  }

  @Test func equalPicturesDifferNowhere() throws {
    let image = scene(70, 90, "random")
    let map = try flip(reference: image, candidate: image)
    #expect(map.mean == 0 && map.values.allSatisfy { $0 == 0 })
  }

  @Test func valuesStayBetween0And1() throws {
    let black = Image(width: 40, height: 40, pixels: [UInt8](repeating: 0, count: 4800))
    let white = Image(width: 40, height: 40, pixels: [UInt8](repeating: 255, count: 4800))
    for other in [white, scene(40, 40, "random")] {
      let map = try flip(reference: black, candidate: other)
      #expect(map.values.allSatisfy { (0...1).contains($0) } && map.mean > 0.5)
    }
  }

  @Test func theMapDoesNotDependOnTheThreads() throws {
    let (a, b) = (scene(60, 200, "plain"), scene(60, 200, "noisy"))
    let one = try flip(reference: a, candidate: b, threads: 1)
    for threads in [2, 5] { #expect(try flip(reference: a, candidate: b, threads: threads) == one) }
  }

  @Test(arguments: [0.5, 2001, -1, .nan, .infinity])
  func pixelsPerDegreeThatNoDisplayHasAreRefused(density: Double) {
    let image = scene(8, 8, "plain")
    #expect(throws: ImageMetricsFailure.self) {
      try flip(reference: image, candidate: image, pixelsPerDegree: density)
    }
  }

  @Test func aPictureOfOnePixelHasAMap() throws {
    let dark = Image(width: 1, height: 1, pixels: [10, 20, 30])
    let light = Image(width: 1, height: 1, pixels: [200, 220, 230])
    #expect(try flip(reference: dark, candidate: light, pixelsPerDegree: 1).values.count == 1)
  }
}
