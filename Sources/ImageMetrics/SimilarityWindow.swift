internal import Glibc
internal import Parallel

/// x to the power y.
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

/// The statistics of two planes under a window that passes over both.
enum SimilarityWindow {
  /// Pixels of a side of the window.
  static let size = 11
  /// Rows of windows that one thread does at once; sums are formed in this order.
  private static let rowsPerChunk = 32

  /// The means, over all windows inside the planes, of the similarity and of its second factor,
  /// contrast and structure without luminance. Memory: ten planes of 42 rows for each thread.
  static func similarity(
    _ a: Plane, _ b: Plane, threads: Int
  ) throws -> (structure: Double, contrast: Double) {
    let rowCount = a.height - size + 1
    let sums = try mapChunks(of: rowCount, chunk: rowsPerChunk, threads: threads) { rows in
      sum(a, b, rows)
    }
    let count = Double(rowCount * (a.width - size + 1))
    return (
      sums.reduce(0) { $0 + $1.structure } / count, sums.reduce(0) { $0 + $1.contrast } / count
    )
  }

  private static func sum(
    _ a: Plane, _ b: Plane, _ rows: Range<Int>
  ) -> (structure: Double, contrast: Double) {
    let window = gaussianWindow(radius: size / 2, standardDeviation: 1.5)
    let lines = rows.lowerBound..<rows.upperBound + size - 1
    let inA = lines.map { a.row($0) }
    let inB = lines.map { b.row($0) }
    let meansA = inA.map { filtered($0, window) }
    let meansB = inB.map { filtered($0, window) }
    let squaresA = inA.map { filtered(product($0, $0), window) }
    let squaresB = inB.map { filtered(product($0, $0), window) }
    let products = zip(inA, inB).map { filtered(product($0, $1), window) }
    let c1 = 0.01 * 255 * 0.01 * 255
    let c2 = 0.03 * 255 * 0.03 * 255
    var structureSum = 0.0
    var contrastSum = 0.0
    for line in 0..<rows.count {
      let meanA = weightedSum(meansA, from: line, window)
      let meanB = weightedSum(meansB, from: line, window)
      let squareA = weightedSum(squaresA, from: line, window)
      let squareB = weightedSum(squaresB, from: line, window)
      let both = weightedSum(products, from: line, window)
      for x in meanA.indices {
        let varianceA = squareA[x] - meanA[x] * meanA[x]
        let varianceB = squareB[x] - meanB[x] * meanB[x]
        let covariance = both[x] - meanA[x] * meanB[x]
        let contrast = (2 * covariance + c2) / (varianceA + varianceB + c2)
        let luminance =
          (2 * meanA[x] * meanB[x] + c1) / (meanA[x] * meanA[x] + meanB[x] * meanB[x] + c1)
        contrastSum += contrast
        structureSum += luminance * contrast
      }
    }
    return (structureSum, contrastSum)
  }

  private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
    zip(a, b).map { $0 * $1 }
  }
}
