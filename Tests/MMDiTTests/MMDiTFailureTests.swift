import MMDiT
import Testing

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
      var wrong = SyntheticNetwork.input()
      change(&wrong)
      return description { _ = try transformer.velocities(for: [SyntheticNetwork.input(), wrong]) }
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
