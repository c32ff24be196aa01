import ImageMetrics
import Images
import Testing

struct SimilarityTests {
  /// Both compute one quotient and one logarithm in 64-bit floats.
  @Test func peakSignalToNoiseIsThatOfScikitImage() throws {
    for golden in try MetricGolden.all() {
      let (a, b) = golden.pictures
      #expect(abs(try peakSignalToNoise(a, b) - golden.peakSignalToNoise) < 1e-12)
    }
  }

  /// The means under the window are sums of 121 products of values up to 255² in 64-bit floats: each
  /// is right within 22 roundings of 2⁻⁵³ (two passes of 11), 1.6e-10. A variance takes two of them, a
  /// factor divides by at least C₂ = 58.5, and has two such sums above and two below: 2.2e-11 for
  /// each program, and as much again for the luminance, whose C₁ is 6.5 but whose μ² is not a
  /// difference. Together below 1e-10.
  @Test func structuralSimilarityIsThatOfScikitImage() throws {
    for golden in try MetricGolden.all() {
      let (a, b) = golden.pictures
      let value = try structuralSimilarity(a, b)
      if let expected = golden.structuralSimilarity {
        #expect(abs(value - expected) < 1e-10, "\(golden.width) × \(golden.height)")
      } else {
        #expect(value.isNaN)
      }
    }
  }

  /// As above for each of five factors; powers of at most 0.3 of factors above 0.001, as all means here
  /// are, multiply an error by at most 0.3 · 0.001^(−0.7) = 38: 5 · 38 · 1e-10 < 2e-8.
  @Test func multiScaleStructuralSimilarityIsThatOfPytorchMSSSIM() throws {
    for golden in try MetricGolden.all() {
      let (a, b) = golden.pictures
      let value = try multiScaleStructuralSimilarity(a, b)
      if let expected = golden.multiScaleStructuralSimilarity {
        #expect(abs(value - expected) < 2e-8, "\(golden.width) × \(golden.height)")
      } else {
        #expect(value.isNaN)
      }
    }
  }

  @Test func equalPicturesAreAsGoodAsCanBe() throws {
    let image = scene(170, 165, "noisy")
    #expect(try peakSignalToNoise(image, image) == .infinity)
    #expect(try structuralSimilarity(image, image) == 1)
    #expect(try multiScaleStructuralSimilarity(image, image) == 1)
  }

  @Test func sidesOf160PixelsAreTooSmallForFiveScales() throws {
    let image = scene(160, 400, "plain")
    #expect(try multiScaleStructuralSimilarity(image, image).isNaN)
  }

  @Test func resultsDoNotDependOnTheThreads() throws {
    let (a, b) = (scene(170, 201, "plain"), scene(170, 201, "noisy"))
    for threads in [2, 3, 8] {
      #expect(
        try structuralSimilarity(a, b, threads: threads)
          == structuralSimilarity(a, b, threads: 1))
      #expect(
        try multiScaleStructuralSimilarity(a, b, threads: threads)
          == multiScaleStructuralSimilarity(a, b, threads: 1))
    }
  }

  @Test func picturesOfTwoSizesAreRefused() {
    let (a, b) = (scene(20, 20, "plain"), scene(20, 21, "plain"))
    let failure = ImageMetricsFailure.unequalSizes(
      width: 20, height: 20, otherWidth: 20, otherHeight: 21)
    #expect(throws: failure) { try peakSignalToNoise(a, b) }
    #expect(throws: failure) { try structuralSimilarity(a, b) }
    #expect(throws: failure) { try multiScaleStructuralSimilarity(a, b) }
    #expect(throws: failure) { try flip(reference: a, candidate: b) }
  }
}
