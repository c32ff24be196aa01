import Families
import MMDiT
import Operations
import Sampling
import Tensors
import Testing

/// The faster arithmetics against float32.
///
/// What one product of a layer is off by, relative to its size, when the errors of factors are
/// independent: a factor of bfloat16 is off by at most 2⁻⁹ of itself, evenly distributed, so
/// 2⁻⁹ / √3 in the mean; one of int8 by at most half a scale, 1/127 of the largest of its row, so
/// 1 / (127 · √12) of it in the mean, and that is about 3.5 times the mean magnitude of a row. Both
/// factors are rounded: √2. A block has two layers in a row whose errors reach the stream, and the
/// blocks' errors add up like a random walk: √(2 · blocks). Attention and gates may pass on an error
/// enlarged: a factor of 3 is left for that.
private func tolerance(_ arithmetic: Arithmetic, blocks: Int) -> Double {
  let factor: Double =
    switch arithmetic {
    case .float32: 0
    case .bfloat16: 0x1p-9 / 3.0.squareRoot()
    case .int8: 3.5 / (127 * 12.0.squareRoot())
    }
  return 3 * 2.0.squareRoot() * Double(2 * blocks).squareRoot() * factor
}

@Suite struct ArithmeticTests {
  private func transformer(_ arithmetic: Arithmetic) throws -> Transformer {
    try Transformer(
      configuration: SyntheticNetwork.configuration, weights: SyntheticNetwork.weights(),
      arithmetic: arithmetic)
  }

  @Test func float32IsTheDefault() throws {
    let standard = try Transformer(
      configuration: SyntheticNetwork.configuration, weights: SyntheticNetwork.weights())
    #expect(standard.arithmetic == .float32)
    let input = SyntheticNetwork.input()
    #expect(
      try standard.velocities(for: [input]) == transformer(.float32).velocities(for: [input]))
  }

  @Test(arguments: [Arithmetic.bfloat16, .int8])
  func aGoldenVelocityIsOffByTheRoundingOfFactors(arithmetic: Arithmetic) throws {
    let model = try GlyphKlein()
    let golden = try #require(model.goldens.first { $0.id == "red-apple" })
    let inputs = golden.inputs(step: 0, latents: golden.run.noise)
    let exact = try Transformer(configuration: model.configuration, weights: model.weights)
    let rounded = try Transformer(
      configuration: model.configuration, weights: model.weights, arithmetic: arithmetic)
    let error = relativeError(
      try rounded.velocities(for: [inputs[0]])[0], try exact.velocities(for: [inputs[0]])[0])
    print("\(arithmetic): velocity error \(error)")
    let bound = tolerance(arithmetic, blocks: exact.blockCount)
    // And not because nothing was rounded.
    #expect(error < bound && error > bound / 100)
  }

  /// Of int8 the scale that is read and the one that is found again may differ in their last bit, so
  /// each product by 2⁻²³ of itself; as for other roundings, a factor of 3 for each block.
  @Test(arguments: [
    (RowCoding.bfloat16, Arithmetic.float32), (.int8, .float32), (.int4(group: 16), .float32),
    (.int4(group: 56), .float32), (.bfloat16, .bfloat16), (.int8, .bfloat16),
    (.int4(group: 16), .bfloat16), (.int8, .int8), (.int4(group: 16), .int8),
  ])
  func codesAreMultipliedLikeTheValuesTheyStandFor(
    coding: RowCoding, arithmetic: Arithmetic
  ) throws {
    let input = SyntheticNetwork.input()
    func velocity(
      isHidden: Bool, threads: Int = 1, bufferByteCount: Int = 64 << 20
    ) throws -> [Float] {
      try Transformer(
        configuration: SyntheticNetwork.configuration,
        weights: CodedWeights(
          source: SyntheticNetwork.weights(), rowCoding: coding, isHidden: isHidden),
        weightBufferByteCount: bufferByteCount, arithmetic: arithmetic
      ).velocities(for: [input], threads: threads)[0]
    }
    let (found, expected) = (try velocity(isHidden: false), try velocity(isHidden: true))
    if arithmetic == .int8 && coding == .int8 {
      #expect(relativeError(found, expected) < 4 * 3 * 0x1p-23)
    } else {
      #expect(found == expected)
    }
    #expect(try velocity(isHidden: false, threads: 3) == found)
    // A few rows at a time, less than a panel.
    #expect(try velocity(isHidden: false, bufferByteCount: 2500) == found)
  }

  @Test(arguments: Arithmetic.allCases)
  func threadsAndBatchesDoNotChangeABit(arithmetic: Arithmetic) throws {
    let batch = [
      SyntheticNetwork.input(grid: TokenGrid(height: 12, width: 13)),
      SyntheticNetwork.input(textTokens: 200), SyntheticNetwork.input(),
    ]
    let transformer = try transformer(arithmetic)
    let one = try transformer.velocities(for: batch, threads: 1)
    #expect(try transformer.velocities(for: batch, threads: 3) == one)
    for (input, velocity) in zip(batch, one) {
      #expect(try transformer.velocities(for: [input]) == [velocity])
    }
  }
}
