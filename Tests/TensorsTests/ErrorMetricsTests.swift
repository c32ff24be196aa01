import Parallel
import Synchronization
import Tensors
import Testing

private func metrics(_ reference: [Float], _ candidate: [Float]) -> ErrorMetrics {
  var metrics = ErrorMetrics()
  metrics.add(reference: reference.span, candidate: candidate.span)
  return metrics
}

@Suite struct ErrorMetricsTests {
  /// r = (3, 4), c = (3, 3): every metric by hand. The numbers are integers of few bits, so that
  /// sums are exact and one rounding each is left to the last operations.
  @Test func metricsFollowTheirFormulas() {
    let found = metrics([3, 4], [3, 3])
    #expect(found.count == 2)
    #expect(found.maximumAbsoluteError == 1)
    #expect(found.rootMeanSquareError == 0.5.squareRoot())
    #expect(found.relativeError == 0.2)
    // 10 log10(25) and, with a peak of 1 and a mean square of 1/2, 10 log10(2): tabulated values,
    // correct to half a unit of their last digit.
    #expect(abs(found.signalToNoiseDecibels - 13.979400086720376) < 1e-14)
    #expect(abs(found.peakSignalToNoiseDecibels - 3.010299956639812) < 1e-15)
    // 21 / (5 √18): three operations, each rounded once.
    let cosine = 21 / (5 * 18.0.squareRoot())
    #expect(abs(found.cosineSimilarity - cosine) <= 2 * cosine.ulp)
  }

  @Test func identicalValuesHaveNoErrorAndInfiniteRatios() {
    for values in [[1, -2, 3], [0, 0], [5], []] as [[Float]] {
      let found = metrics(values, values)
      #expect(found.maximumAbsoluteError == 0)
      #expect(found.rootMeanSquareError == 0)
      #expect(found.relativeError == 0)
      #expect(found.signalToNoiseDecibels == .infinity)
      #expect(found.peakSignalToNoiseDecibels == .infinity)
      #expect(abs(found.cosineSimilarity - 1) <= 0x1p-52)
    }
  }

  @Test func aZeroReferenceHasInfiniteRelativeError() {
    let found = metrics([0, 0], [0, 2])
    #expect(found.relativeError == .infinity)
    #expect(found.signalToNoiseDecibels == -.infinity)
    #expect(found.peakSignalToNoiseDecibels == -.infinity)
    #expect(found.cosineSimilarity == 0)
    #expect(found.rootMeanSquareError == 2.0.squareRoot())
  }

  @Test func aCosineNeverExceedsOne() {
    var generator = SplitMix64(state: 3)
    for _ in 0..<200 {
      let values = (0..<7).map { _ in Float.random(in: -1...1, using: &generator) }
      #expect(metrics(values, values.map { $0 * 3 }).cosineSimilarity <= 1)
      #expect(metrics(values, values.map { $0 * -3 }).cosineSimilarity >= -1)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func anyValueThatIsNotFiniteMakesEveryMetricNaN(_ value: Float) {
    for found in [metrics([1, value], [1, 2]), metrics([1, 2], [value, 2])] {
      #expect(found.nonFinitePairCount == 1 && found.count == 2)
      #expect(found.maximumAbsoluteError.isNaN)
      #expect(found.rootMeanSquareError.isNaN)
      #expect(found.relativeError.isNaN)
      #expect(found.signalToNoiseDecibels.isNaN)
      #expect(found.cosineSimilarity.isNaN)
      #expect(found.peakSignalToNoiseDecibels.isNaN)
    }
  }

  @Test func mergingPiecesGivesTheSumsOfTheWhole() {
    // Integers, so that no order of summation rounds.
    let reference = (0..<100).map { Float($0 % 17 - 8) }
    let candidate = (0..<100).map { Float($0 % 13 - 6) }
    let whole = metrics(reference, candidate)
    for cut in 0...100 {
      var merged = metrics(Array(reference[..<cut]), Array(candidate[..<cut]))
      merged.merge(metrics(Array(reference[cut...]), Array(candidate[cut...])))
      #expect(merged.count == 100)
      #expect(merged.maximumAbsoluteError == whole.maximumAbsoluteError)
      #expect(merged.relativeError == whole.relativeError)
      #expect(merged.cosineSimilarity == whole.cosineSimilarity)
      #expect(merged.peakSignalToNoiseDecibels == whole.peakSignalToNoiseDecibels)
    }
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    var generator = SplitMix64(state: 9)
    let reference = (0..<5000).map { _ in Float.random(in: -1...1, using: &generator) }
    let candidate = reference.map { $0 + Float.random(in: -0.1...0.1, using: &generator) }
    func error(threads: Int) throws -> Double {
      let pieces = Mutex<[Int: ErrorMetrics]>([:])
      try forEachChunk(of: 5000, chunk: 64, threads: threads) { range in
        let piece = metrics(Array(reference[range]), Array(candidate[range]))
        pieces.withLock { $0[range.lowerBound] = piece }
      }
      let ordered = pieces.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
      var merged = ErrorMetrics()
      for piece in ordered { merged.merge(piece) }
      return merged.relativeError
    }
    let one = try error(threads: 1)
    #expect(try error(threads: 3) == one)
    #expect(try error(threads: 8) == one)
  }
}
