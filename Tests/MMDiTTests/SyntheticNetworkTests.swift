import Families
import Glibc
import MMDiT
import Operations
import Parallel
import Tensors
import Testing

/// The prediction of the original implementation in double precision but for its embeddings of
/// noise level and guidance, which it computes in float32: 6 tokens × 8 channels.
private let recorded: [Float] = [
  2.145142, -2.036942, 1.592964, -0.886397, 0.033712, 0.824530, -1.546854, 2.014188,
  0.861519, -0.173994, -0.542213, 1.169039, -1.603156, 1.773003, -1.650581, 1.256070,
  -1.873103, 1.234108, -0.391678, -0.515318, 1.337367, -1.938959, 2.220925, -2.136785,
  1.237431, -1.896994, 2.243849, -2.220819, 1.831700, -1.140637, 0.261547, 0.660658,
  1.307246, -1.306233, 1.089896, -0.693896, 0.183511, 0.357124, -0.838890, 1.182369,
  1.898385, -1.175135, 0.258172, 0.701349, -1.545257, 2.134439, -2.371772, 2.218132,
]

/// The prediction of `scripts/judges/core/synthetic_network.py`, an independent evaluation in double
/// precision.
private let computed: [Float] = [
  2.1451435, -2.0369432, 1.5929652, -0.8863966, 0.0337110, 0.8245317, -1.5468554, 2.0141893,
  0.8615158, -0.1739895, -0.5422179, 1.1690441, -1.6031604, 1.7730055, -1.6505815, 1.2560692,
  -1.8730903, 1.2340977, -0.3916717, -0.5153191, 1.3373626, -1.9389500, 2.2209134, -2.1367729,
  1.2374340, -1.8969962, 2.2438502, -2.2208192, 1.8316997, -1.1406356, 0.2615448, 0.6606601,
  1.3072471, -1.3062322, 1.0898930, -0.6938915, 0.1835062, 0.3571289, -0.8388936, 1.1823716,
  1.8983861, -1.1751359, 0.2581717, 0.7013505, -1.5452593, 2.1344416, -2.3717742, 2.2181343,
]

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
}

@Suite struct SyntheticNetworkTests {
  let weights = SyntheticNetwork.weights()

  private func transformer(bufferByteCount: Int = 64 << 20) throws -> Transformer {
    try Transformer(
      configuration: SyntheticNetwork.configuration, weights: weights,
      weightBufferByteCount: bufferByteCount)
  }

  /// Tolerance: half a unit of the last listed decimal, and rounding of Float sums: with u = 2⁻²⁴, a
  /// sum of the longest row, K = 128 terms, is off by about √K · u of its size; the four blocks
  /// contribute two such sums each to the stream: √8 · √128 · u · 2.4 (the largest value) = 4.6e-6
  /// is what to expect of one value, and the largest of 48 deviates by up to three times that.
  @Test func predictionEqualsAnIndependentEvaluation() throws {
    let velocity = try transformer().velocities(for: [SyntheticNetwork.input()])[0]
    let difference = largestDifference(velocity, computed)
    print("largest difference: \(difference)")
    #expect(difference < 5e-8 + 3 * 4.6e-6)
  }

  /// The recorded prediction used another exponential for the frequencies, right to one unit in the
  /// last place. At guidance 4 angles reach 4000, and one unit shows in the output: the tolerance
  /// is what one unit more or less of the guidance, which scales every angle alike, does to it.
  @Test func predictionEqualsTheOriginalImplementation() throws {
    let exact = SyntheticNetwork.input()
    var (more, less) = (exact, exact)
    more.guidance = exact.guidance?.nextUp
    less.guidance = exact.guidance?.nextDown
    let velocities = try transformer().velocities(for: [exact, more, less])
    let unit = max(
      largestDifference(velocities[1], velocities[0]),
      largestDifference(velocities[2], velocities[0]))
    #expect(unit < 1e-4, "or the tolerance says nothing")
    #expect(largestDifference(velocities[0], recorded) < unit)
  }

  @Test func everyRowOfEveryWeightIsDecodedOncePerCall() throws {
    _ = try transformer(bufferByteCount: 4096).velocities(
      for: [
        SyntheticNetwork.input(), SyntheticNetwork.input(textTokens: 5, sigma: 0.2),
        SyntheticNetwork.input(),
      ])
    for weight in weights.weights {
      let rows = weights.readings.filter { $0.name == weight.name }.flatMap(\.rows)
      #expect(rows.sorted() == Array(0..<weight.shape.rows), "\(weight.name)")
    }
  }

  /// Matrices are decoded into one buffer: all addresses ever written lie within its size.
  @Test(arguments: [4096, 20_000, 1 << 20])
  func decodedMatricesNeverTakeMoreThanTheBuffer(byteCount: Int) throws {
    _ = try transformer(bufferByteCount: byteCount).velocities(for: [
      SyntheticNetwork.input(), SyntheticNetwork.input(),
    ])
    let matrices = Set(weights.weights.filter { $0.shape.extents.count == 2 }.map(\.name))
    let written = weights.readings.filter { matrices.contains($0.name) }.map(\.addresses)
    let first = try #require(written.map(\.lowerBound).min())
    let last = try #require(written.map(\.upperBound).max())
    #expect(last - first <= UInt(byteCount))
    // And not because nothing was streamed: together they are larger.
    let total = weights.weights.reduce(0) { $0 + $1.storedByteCount }
    #expect(total > byteCount || byteCount == 1 << 20)
  }

  @Test func smallBufferGivesTheSameVelocities() throws {
    let whole = try transformer().velocities(for: [SyntheticNetwork.input()])[0]
    let streamed = try transformer(bufferByteCount: 1).velocities(for: [SyntheticNetwork.input()])[
      0]
    #expect(streamed == whole)
  }

  @Test func threadsDoNotChangeABit() throws {
    let batch = [
      SyntheticNetwork.input(grid: TokenGrid(height: 12, width: 13)),
      SyntheticNetwork.input(textTokens: 200), SyntheticNetwork.input(),
    ]
    let one = try transformer().velocities(for: batch, threads: 1)
    for threads in 2...5 {
      #expect(try transformer().velocities(for: batch, threads: threads) == one)
    }
  }

  /// Also of a batch that shares its tokens out in another way, and of one with other tokens.
  @Test func memoryOfAPassBeforeDoesNotChangeABit() throws {
    let grid = TokenGrid(height: 6, width: 5)
    let batches = [
      [SyntheticNetwork.input(grid: grid, textTokens: 18)],
      [SyntheticNetwork.input(textTokens: 18), SyntheticNetwork.input(textTokens: 18)],
      [SyntheticNetwork.input(grid: grid, textTokens: 18, sigma: 0.2)],
      [SyntheticNetwork.input()],
    ]
    let transformer = try transformer()
    let memory = PassMemory()
    for batch in batches {
      #expect(
        try transformer.velocities(for: batch, memory: memory) == transformer.velocities(for: batch)
      )
    }
  }

  /// Without a trace the last block leaves out what only a trace shows.
  @Test func aTraceDoesNotChangeABit() throws {
    let reference = ReferenceTokens(
      tokens: (0..<32).map { Float(sin(0.2 * Double($0))) }, grid: TokenGrid(height: 2, width: 2))
    let batch = [
      SyntheticNetwork.input(textTokens: 40, references: [reference]),
      SyntheticNetwork.input(grid: TokenGrid(height: 7, width: 5)),
    ]
    for arithmetic in Arithmetic.allCases {
      let transformer = try Transformer(
        configuration: SyntheticNetwork.configuration, weights: SyntheticNetwork.weights(),
        arithmetic: arithmetic)
      var names: [String] = []
      let traced = try transformer.velocities(for: batch) { name, _ in names.append(name) }
      #expect(try transformer.velocities(for: batch) == traced)
      #expect(names.contains("single_transformer_blocks.1"))
    }
  }

  @Test func batchEqualsItsInputsOneByOne() throws {
    let reference = ReferenceTokens(
      tokens: (0..<4 * 8).map { Float(sin(0.2 * Double($0))) },
      grid: TokenGrid(height: 4, width: 1))
    let batch = [
      SyntheticNetwork.input(),
      SyntheticNetwork.input(grid: TokenGrid(height: 5, width: 2), textTokens: 9, sigma: 0.1),
      SyntheticNetwork.input(sigma: 1, references: [reference, reference]),
      SyntheticNetwork.input(grid: TokenGrid(height: 1, width: 1), textTokens: 1),
    ]
    let together = try transformer().velocities(for: batch)
    for (input, velocity) in zip(batch, together) {
      let alone = try transformer().velocities(for: [input])[0]
      #expect(velocity.count == input.latents.count)
      #expect(velocity == alone)
    }
    // The inputs differ in what they should react to.
    #expect(relativeError(together[2], together[0]) > 0.01)
  }

  @Test func emptyBatchHasNoVelocities() throws {
    #expect(try transformer().velocities(for: []).isEmpty)
    #expect(weights.readings.isEmpty)
  }

  @Test func cancellationStopsBeforeTheFirstWeight() throws {
    let monitor = WorkMonitor(
      onBegin: { _, _, _ in }, onAdvance: { _ in }, isCancelled: { true })
    #expect(throws: Cancelled.self) {
      try transformer().velocities(for: [SyntheticNetwork.input()], monitor: monitor)
    }
    #expect(weights.readings.isEmpty)
  }
}
