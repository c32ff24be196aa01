import Glibc
import MMDiT
import Operations
import Testing

@Suite struct EmbeddingTests {
  /// Values of the original implementation at 0.7, to six decimals. The largest angle is 700, where
  /// a frequency off by one unit in the last place would show as 4e-5.
  @Test func noiseLevelEmbeddingHasTheRecordedValues() {
    let embedding = sinusoidalEmbedding(of: 0.7, channels: 256)
    #expect(embedding.count == 256)
    let recorded: [(Int, Float)] = [
      (0, -0.839104), (1, -0.461800), (2, -0.988410), (127, 0.997172), (128, 0.543971),
      (129, -0.886984), (130, 0.151805), (255, 0.075152),
    ]
    // Half a unit of the sixth decimal, and of the last place of a Float below 1.
    for (index, value) in recorded {
      #expect(abs(embedding[index] - value) <= 5e-7 + 6e-8, "element \(index)")
    }
  }

  @Test func positionsFollowTextTargetReference() {
    let input = TransformerInput(
      latents: [], grid: TokenGrid(height: 1, width: 2),
      references: [
        ReferenceTokens(tokens: [], grid: TokenGrid(height: 2, width: 1)),
        ReferenceTokens(tokens: [], grid: TokenGrid(height: 1, width: 1)),
      ], text: [], sigma: 0)
    #expect(
      positions(of: input, textCount: 2) == [
        [0, 0, 0, 0], [0, 0, 0, 1],
        [0, 0, 0, 0], [0, 0, 1, 0],
        [10, 0, 0, 0], [10, 1, 0, 0],
        [20, 0, 0, 0],
      ])
  }

  /// Pair p of axis a turns by position[a] · 2000^(−2p/32): written out for three pairs.
  @Test func anglesComeFromTheAxisOfThePair() {
    let rotary = RotaryEmbedding(
      positions: [[10, 3, 5, 0], [0, 0, 0, 511]], axes: [32, 32, 32, 32], base: 2000)
    #expect(rotary.cosines.rows == 2 && rotary.cosines.columns == 64)
    // Axis 0, pair 0: angle 10. Axis 1, pair 8: 3 / √2000. Axis 2, pair 4: 5 / ⁴√2000.
    #expect(rotary.cosines.values[0] == Float(cos(10.0)))
    #expect(rotary.sines.values[16 + 8] == Float(sin(3 / 2000.0.squareRoot())))
    #expect(
      abs(rotary.sines.values[32 + 4] - Float(sin(5 / 2000.0.squareRoot().squareRoot()))) <= 6e-8)
    #expect(rotary.cosines.values[48..<64].allSatisfy { $0 == 1 })
    // The text axis of the second row.
    #expect(rotary.sines.values[64 + 48] == Float(sin(511.0)))
    #expect(rotary.sines.values[64..<64 + 48].allSatisfy { $0 == 0 })
  }

  @Test func rotationTurnsAdjacentPairs() {
    let rotary = RotaryEmbedding(positions: [[1, 0, 0, 0]], axes: [2, 2, 0, 0], base: 2000)
    var head: [Float] = [9, 1, 0, 1, 2]
    var span = head.mutableSpan
    rotary.rotate(&span, at: 1, row: 0)
    #expect(head == [9, Float(cos(1.0)), Float(sin(1.0)), 1, 2])
  }
}
