import Autoencoders
import Foundation
import Operations
import Parallel
import Testing

@Suite struct LayerTests {
  let work = Work(threads: 2)

  /// Small pictures of every size, and one of several blocks in each direction.
  @Test(arguments: Convolution.Sampling.allCases, [(1, 1), (3, 2), (5, 7), (17, 35)])
  func aConvolutionOfEverySizeEqualsItsDefinition(
    _ sampling: Convolution.Sampling, _ channels: (inputs: Int, outputs: Int)
  ) throws {
    let (inputs, outputs) = channels
    let smallest = sampling == .halving ? 2 : 1
    var sizes = (smallest...9).flatMap { height in (smallest...9).map { (height, $0) } }
    if inputs == 17 { sizes = [(5, 6), (9, 4)] }
    if inputs == 3 { sizes += [(35, 270), (70, 21)] }
    for (height, width) in sizes {
      let seed = UInt64(height * 100 + width)
      let x = randomValues(inputs * height * width, seed: seed)
      let kernel = randomValues(outputs * inputs * 9, seed: seed + 1)
      let biases = randomValues(outputs, seed: seed + 2)
      let layer = Convolution(kernel: kernel, inputs: inputs, biases: biases, sampling: sampling)
      let found = try layer(FeatureMap(height: height, width: width, planes: x), work: work)
      let expected = Naive.convolve(
        x, inputs: inputs, height: height, width: width, kernel: kernel, biases: biases, sampling)
      let bounds = ConvolutionErrors.bounds(
        x, inputs: inputs, height: height, width: width, kernel: kernel, biases: biases, sampling)
      #expect(found.height == expected.height && found.width == expected.width)
      let planes = found.planes(count: outputs)
      #expect(planes.count == expected.values.count && bounds.count == planes.count)
      #expect(
        zip(planes, zip(expected.values, bounds)).allSatisfy { abs(Double($0) - $1.0) <= $1.1 },
        "\(height) × \(width)")
    }
  }

  /// A picture of several bands and blocks of patches, whose convolution is added to a wider map.
  @Test func aConvolutionIsAddedToTheFirstChannelsOfATarget() throws {
    let (height, width, inputs) = (37, 270, 3)
    let x = randomValues(inputs * height * width, seed: 1)
    let kernel = randomValues(2 * inputs * 9, seed: 2)
    let biases = randomValues(2, seed: 3)
    let layer = Convolution(kernel: kernel, inputs: inputs, biases: biases)
    let start = randomValues(4 * height * width, seed: 4)
    var target = FeatureMap(height: height, width: width, planes: start)
    try layer.add(FeatureMap(height: height, width: width, planes: x), to: &target, work: work)
    let expected = Naive.convolve(
      x, inputs: inputs, height: height, width: width, kernel: kernel, biases: biases, .same)
    let bounds = ConvolutionErrors.bounds(
      x, inputs: inputs, height: height, width: width, kernel: kernel, biases: biases, .same)
    let planes = target.planes(count: 4)
    let half = 2 * height * width
    for index in 0..<half {
      let error = abs(Double(planes[index]) - Double(start[index]) - expected.values[index])
      // The last rounding is that of a sum with a value below 1.
      #expect(error <= bounds[index] + 0x1p-24)
    }
    #expect(planes[half...] == start[half...])
  }

  /// The zeros around a normed picture are zeros after the norm, not before it.
  @Test func aNormBeforeAConvolutionLeavesThePaddingZero() throws {
    let norm = ChannelAffine(factors: [2, -1], summands: [0.5, 3])
    let x = randomValues(2 * 4 * 5, seed: 7)
    let kernel = randomValues(3 * 2 * 9, seed: 8)
    let layer = Convolution(kernel: kernel, inputs: 2, biases: [0, 1, 2])
    let found = try layer(
      FeatureMap(height: 4, width: 5, planes: x), after: norm, work: work)
    let normed = x.indices.map { index in
      let channel = index / 20
      return silu(x[index] * norm.factors[channel] + norm.summands[channel])
    }
    let expected = Naive.convolve(
      normed, inputs: 2, height: 4, width: 5, kernel: kernel, biases: [0, 1, 2], .same)
    // Of the exponentials ours is off by 2 units in the last place, that of the C library by 1, sums
    // and quotients by half of one: 5 · 2⁻²³ together.
    let bounds = ConvolutionErrors.bounds(
      normed, inputs: 2, height: 4, width: 5, kernel: kernel, biases: [0, 1, 2], .same,
      inputError: 10)
    #expect(
      zip(found.planes(count: 3), zip(expected.values, bounds)).allSatisfy {
        abs(Double($0) - $1.0) <= $1.1
      })
  }

  /// A factor and a summand are rounded, and their product and sum: 4 · 2⁻²⁴ of the largest of them.
  /// The values lie far from zero, where sums of squares lose the most.
  @Test(arguments: [(1, 32), (6, 64), (5000, 96)])
  func aGroupNormEqualsItsDefinition(_ pixels: Int, _ channels: Int) throws {
    let values = randomValues(pixels * channels, seed: 11).map { $0 + 100 }
    let x = FeatureMap(
      height: 1, width: pixels, pixels: Matrix(rows: pixels, columns: channels, values: values))
    let norm = GroupNorm(
      weights: randomValues(channels, seed: 12), biases: randomValues(channels, seed: 13))
    let affine = try norm.affine(of: x, work: work)
    let found = try affine(x, work: work)
    let expected = Naive.groupNorm(
      Naive.rows(x.pixels), weights: norm.weights.map(Double.init),
      biases: norm.biases.map(Double.init))
    let largest = 101 * Double(affine.factors.map(abs).max() ?? 0) + 2
    for (row, values) in Naive.rows(found).enumerated() {
      #expect(zip(values, expected[row]).allSatisfy { abs($0 - $1) <= 4 * 0x1p-24 * largest })
    }
  }

  @Test func aPointwiseLayerReplacesTheFirstColumns() throws {
    let layer = randomLayer(3, 5, seed: 21)
    let values = randomValues(1030 * 5, seed: 23)
    let x = Matrix(rows: 1030, columns: 5, values: values)
    let expected = Naive.linear(Naive.rows(x), layer)
    let separate = try layer(x, work: work)
    // 5 products and a bias of sizes up to 1.
    let bound = 7 * 6 * 0x1p-24
    for (row, found) in Naive.rows(separate).enumerated() {
      #expect(zip(found, expected[row]).allSatisfy { abs($0 - $1) <= bound })
    }
    var replaced = x
    try layer.replaceFirstColumns(of: &replaced, work: work)
    for row in 0..<x.rows {
      #expect(replaced.values[row * 5..<row * 5 + 3] == separate.values[row * 3..<row * 3 + 3])
      #expect(replaced.values[row * 5 + 3..<row * 5 + 5] == x.values[row * 5 + 3..<row * 5 + 5])
    }
  }

  /// Rows of 32 terms in five layers one after the other, and 200 terms of the attention:
  /// √200 · 2⁻²⁴ · √5 = 1.9e-6, on scores of up to about ten, which exp turns into relative errors.
  @Test func attentionEqualsItsDefinition() throws {
    let (pixels, channels) = (200, 32)
    let norm = GroupNorm(
      weights: randomValues(channels, seed: 31), biases: randomValues(channels, seed: 32))
    let layers = (0..<4).map { randomLayer(channels, channels, seed: 40 + 2 * UInt64($0)) }
    let attention = PixelAttention(
      norm: norm, query: layers[0], key: layers[1], value: layers[2], output: layers[3])
    let start = Matrix(
      rows: pixels, columns: channels, values: randomValues(pixels * channels, seed: 33))
    var x = FeatureMap(height: 10, width: 20, pixels: start)
    try attention.apply(to: &x, work: work)

    let normed = Naive.groupNorm(
      Naive.rows(start), weights: norm.weights.map(Double.init),
      biases: norm.biases.map(Double.init))
    let (queries, keys) = (Naive.linear(normed, layers[0]), Naive.linear(normed, layers[1]))
    let values = Naive.linear(normed, layers[2])
    let attended = queries.map { query in
      let scores = keys.map { key in
        zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / Double(channels).squareRoot()
      }
      let exponentials = scores.map { exp($0 - (scores.max() ?? 0)) }
      let sum = exponentials.reduce(0, +)
      return (0..<channels).map { channel in
        zip(exponentials, values).reduce(0) { $0 + $1.0 * $1.1[channel] } / sum
      }
    }
    let change = Naive.linear(attended, layers[3])
    let expected = zip(Naive.rows(start), change).flatMap { zip($0, $1).map { $0 + $1 } }
    #expect(relativeError(x.pixels.values, expected) <= 1.9e-5)
  }

  @Test func layersStopBetweenTiles() {
    let monitor = WorkMonitor(onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { true })
    let x = FeatureMap(height: 4, width: 4, planes: [Float](repeating: 0, count: 16))
    let layer = Convolution(kernel: [Float](repeating: 0, count: 9), inputs: 1, biases: [0])
    #expect(throws: Cancelled.self) {
      _ = try layer(x, work: Work(threads: 1, monitor: monitor))
    }
  }
}
