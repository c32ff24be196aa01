package import Operations
internal import Parallel

/// Group norm: the channels, in 32 groups of neighbours, are normed over all pixels of the group.
///
/// y = (x − mean) / √(variance + 1e-6) · weight + bias, with mean and variance of the group and
/// weight and bias of the channel (Wu and He, ECCV 2018).
package struct GroupNorm: Sendable {
  /// `[C]` each, C a multiple of 32.
  package let weights: [Float]
  package let biases: [Float]

  package init(weights: [Float], biases: [Float]) {
    self.weights = weights
    self.biases = biases
  }

  static let groupCount = 32
  static let epsilon = 1e-6

  /// The pixels whose sums are one term of the whole sum.
  private static let tilePixels = 2048

  /// What the norm does to this map: a factor and a summand for each channel.
  ///
  /// Sums of values and squares run in Double, so that a variance is off by about 2⁻⁵² of the mean
  /// square; tiles are summed in order, so the result does not depend on the threads.
  package func affine(of x: FeatureMap, work: Work) throws -> ChannelAffine {
    let channels = x.channels
    precondition(
      channels == weights.count && channels.isMultiple(of: Self.groupCount),
      "32 groups share the channels")
    let tiles = try mapChunks(of: x.pixels.rows, chunk: Self.tilePixels, threads: work.threads) {
      try work.monitor.checkCancellation()
      return Self.sums(of: x.pixels, rows: $0)
    }
    var sums = [Double](repeating: 0, count: 2 * channels)
    for tile in tiles {
      for index in sums.indices { sums[index] += tile[index] }
    }
    let size = channels / Self.groupCount
    let count = Double(size) * Double(x.pixels.rows)
    var factors = [Float](repeating: 0, count: channels)
    var summands = factors
    for group in 0..<Self.groupCount {
      let members = group * size..<(group + 1) * size
      let mean = members.reduce(0) { $0 + sums[$1] } / count
      let square = members.reduce(0) { $0 + sums[channels + $1] } / count
      let inverse = 1 / (max(0, square - mean * mean) + Self.epsilon).squareRoot()
      for channel in members {
        let factor = inverse * Double(weights[channel])
        factors[channel] = Float(factor)
        summands[channel] = Float(Double(biases[channel]) - mean * factor)
      }
    }
    return ChannelAffine(factors: factors, summands: summands)
  }

  /// The sums `[C]` of the values of some rows, then the sums `[C]` of their squares.
  private static func sums(of pixels: Matrix, rows: Range<Int>) -> [Double] {
    let channels = pixels.columns
    var sums = [Double](repeating: 0, count: 2 * channels)
    var span = sums.mutableSpan
    let values = pixels.values.span
    // Few enough pixels that they stay in the caches from one run of channels to the next.
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 128) {
      let last = min(first + 128, rows.upperBound)
      addChannelSums(
        of: values.extracting(first * channels..<last * channels), channels: channels, to: &span)
    }
    return sums
  }
}

/// y = x · factor + summand of the channel: a group norm whose statistics are known.
package struct ChannelAffine: Sendable {
  /// `[C]` each.
  package let factors: [Float]
  package let summands: [Float]

  package init(factors: [Float], summands: [Float]) {
    self.factors = factors
    self.summands = summands
  }

  /// The normed map.
  package func callAsFunction(_ x: FeatureMap, work: Work) throws -> Matrix {
    let channels = x.channels
    let source = x.pixels
    var result = Matrix(rows: source.rows, columns: channels)
    var span = result.values.mutableSpan
    try DisjointRows.lend(&span, columns: channels) { rows in
      try work.forEachTile(of: source.rows, size: 512) { range in
        rows.withRows(range) { output in
          for row in 0..<range.count {
            let first = (range.lowerBound + row) * channels
            for channel in 0..<channels {
              output[row * channels + channel] =
                source.values[first + channel] * factors[channel] + summands[channel]
            }
          }
        }
      }
    }
    return result
  }
}
