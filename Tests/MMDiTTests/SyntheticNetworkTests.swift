import Families
import Glibc
import MMDiT
import Parallel
import Tensors
import Testing

/// The prediction of the original implementation, evaluated in double precision for the synthetic
/// network: 6 tokens × 8 channels.
private let expected: [Float] = [
  2.145142, -2.036942, 1.592964, -0.886397, 0.033712, 0.824530, -1.546854, 2.014188,
  0.861519, -0.173994, -0.542213, 1.169039, -1.603156, 1.773003, -1.650581, 1.256070,
  -1.873103, 1.234108, -0.391678, -0.515318, 1.337367, -1.938959, 2.220925, -2.136785,
  1.237431, -1.896994, 2.243849, -2.220819, 1.831700, -1.140637, 0.261547, 0.660658,
  1.307246, -1.306233, 1.089896, -0.693896, 0.183511, 0.357124, -0.838890, 1.182369,
  1.898385, -1.175135, 0.258172, 0.701349, -1.545257, 2.134439, -2.371772, 2.218132,
]

/// The input of that prediction, or one of another size made in the same way.
private func input(
  grid: TokenGrid = TokenGrid(height: 2, width: 3), textTokens: Int = 3, sigma: Float = 0.7,
  references: [ReferenceTokens] = []
) -> TransformerInput {
  TransformerInput(
    latents: (0..<grid.height * grid.width * 8).map { Float(cos(0.3 * Double($0))) }, grid: grid,
    references: references, text: (0..<textTokens * 24).map { Float(cos(0.5 * Double($0) + 1)) },
    sigma: sigma, guidance: 4)
}

@Suite struct SyntheticNetworkTests {
  let weights = SyntheticNetwork.weights()

  private func transformer(bufferByteCount: Int = 64 << 20) throws -> Transformer {
    try Transformer(
      configuration: SyntheticNetwork.configuration, weights: weights,
      weightBufferByteCount: bufferByteCount)
  }

  /// Tolerance: half a unit of the sixth decimal of the listed values, and rounding of Float sums:
  /// with u = 2⁻²⁴, a sum of the longest row, K = 128 terms, is off by about √K · u of its size;
  /// the four blocks each contribute two such sums to the stream, √8 · √128 · u · 2.4 (the largest
  /// value) = 4.6e-6.
  @Test func predictionEqualsTheOriginalImplementation() throws {
    let velocity = try transformer().velocities(for: [input()])[0]
    let largest = zip(velocity, expected).map { abs($0 - $1) }.max() ?? .infinity
    print("synthetic network: largest difference \(largest)")
    #expect(velocity.count == expected.count)
    #expect(largest < 5e-7 + 4.6e-6)
  }

  @Test func everyRowOfEveryWeightIsDecodedOncePerCall() throws {
    _ = try transformer(bufferByteCount: 4096).velocities(
      for: [input(), input(textTokens: 5, sigma: 0.2), input()])
    for weight in weights.weights {
      let rows = weights.readings.filter { $0.name == weight.name }.flatMap(\.rows)
      #expect(rows.sorted() == Array(0..<weight.shape.rows), "\(weight.name)")
    }
  }

  /// Matrices are decoded into one buffer: all addresses ever written lie within its size.
  @Test(arguments: [4096, 20_000, 1 << 20])
  func decodedMatricesNeverTakeMoreThanTheBuffer(byteCount: Int) throws {
    _ = try transformer(bufferByteCount: byteCount).velocities(for: [input(), input()])
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
    let whole = try transformer().velocities(for: [input()])[0]
    let streamed = try transformer(bufferByteCount: 1).velocities(for: [input()])[0]
    // Another shape of product may sum in another order; the bound of the first test holds twice.
    #expect(zip(whole, streamed).allSatisfy { abs($0 - $1) < 2 * 4.6e-6 })
  }

  @Test func threadsDoNotChangeABit() throws {
    let batch = [input(grid: TokenGrid(height: 12, width: 13)), input(textTokens: 200), input()]
    let one = try transformer().velocities(for: batch, threads: 1)
    for threads in 2...5 {
      #expect(try transformer().velocities(for: batch, threads: threads) == one)
    }
  }

  /// Relative tolerance as for the first test, without the decimals: the sums' order may differ.
  @Test func batchEqualsItsInputsOneByOne() throws {
    let reference = ReferenceTokens(
      tokens: (0..<4 * 8).map { Float(sin(0.2 * Double($0))) },
      grid: TokenGrid(height: 4, width: 1))
    let batch = [
      input(), input(grid: TokenGrid(height: 5, width: 2), textTokens: 9, sigma: 0.1),
      input(sigma: 1, references: [reference, reference]),
      input(grid: TokenGrid(height: 1, width: 1), textTokens: 1),
    ]
    let together = try transformer().velocities(for: batch)
    for (input, velocity) in zip(batch, together) {
      let alone = try transformer().velocities(for: [input])[0]
      #expect(velocity.count == input.latents.count)
      #expect(relativeError(velocity, alone) < 4.6e-6)
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
      try transformer().velocities(for: [input()], monitor: monitor)
    }
    #expect(weights.readings.isEmpty)
  }
}

@Suite struct MMDiTFailureTests {
  private func description(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no failure"
    } catch {
      return "\(error)"
    }
  }

  private func transformer(_ weights: MemoryWeights = SyntheticNetwork.weights()) throws
    -> Transformer
  {
    try Transformer(configuration: SyntheticNetwork.configuration, weights: weights)
  }

  @Test func missingAndMisshapenWeightsAreAllNamed() {
    let weights = SyntheticNetwork.weights().changed { tensors in
      tensors["x_embedder.weight"] = nil
      tensors["transformer_blocks.1.attn.norm_q.weight"] = ([8], [Float](repeating: 1, count: 8))
      tensors["proj_out.weight"] = ([32, 8], [Float](repeating: 1, count: 256))
    }
    let lines = description { _ = try transformer(weights) }.split(separator: "\n")
    #expect(
      lines.dropLast() == [
        "synthetic: tensor \"x_embedder.weight\": expected shape [32, 8], found no such tensor",
        "synthetic: tensor \"transformer_blocks.1.attn.norm_q.weight\": expected shape [16], found [8]",
        "synthetic: tensor \"proj_out.weight\": expected shape [8, 32], found [32, 8]",
      ])
  }

  @Test func manyProblemsAreCounted() {
    let weights = SyntheticNetwork.weights().changed { $0 = [:] }
    let text = description { _ = try transformer(weights) }
    // 6 embedders, 3 + 1 modulations, 2 × 16 and 2 × 4 of the blocks, the output: 51; 8 are shown.
    #expect(text.contains("and 43 more"))
  }

  @Test func inputsThatDoNotFitAreNamed() throws {
    let transformer = try transformer()
    func failure(_ change: (inout TransformerInput) -> Void) -> String {
      var wrong = input()
      change(&wrong)
      return description { _ = try transformer.velocities(for: [input(), wrong]) }
    }
    #expect(
      failure { $0.text.removeLast() }
        == "synthetic: input 1: text: expected at least one token, 24 values each, found 71 values")
    #expect(
      failure { $0.text = [] }
        == "synthetic: input 1: text: expected at least one token, 24 values each, found 0 values")
    #expect(
      failure { $0.grid.width = 4 }
        == "synthetic: input 1: latents: expected 2 × 4 tokens × 8 channels, found 48 values")
    #expect(
      failure { $0.grid = TokenGrid(height: 0, width: 6) }
        == "synthetic: input 1: latents grid: expected at least 1 × 1 tokens, found 0 × 6")
    #expect(
      failure { $0.grid = TokenGrid(height: .max, width: .max) }.contains("latents grid"))
    #expect(
      failure {
        $0.references = [ReferenceTokens(tokens: [1], grid: TokenGrid(height: 1, width: 1))]
      } == "synthetic: input 1: reference 0: expected 1 × 1 tokens × 8 channels, found 1 values")
    #expect(
      failure { $0.guidance = nil }
        == "synthetic: input 1: guidance: expected a guidance strength, found none")
    #expect(failure { $0.sigma = .nan }.contains("finite"))
  }
}
