import Families
import Glibc
import MMDiT
import Parallel
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct BlockErrorsTests {
  private let weights = SyntheticNetwork.weights()
  private let inputs = [
    SyntheticNetwork.input(), SyntheticNetwork.input(textTokens: 5, sigma: 0.2),
  ]

  private func transformer(_ weights: any WeightSource) throws -> Transformer {
    try Transformer(configuration: SyntheticNetwork.configuration, weights: weights)
  }

  /// The same network with weights of some names multiplied, but for every other value, so that no
  /// norm takes the change back.
  private func scaled(
    by factor: Float, where isChanged: @escaping (String) -> Bool
  ) throws -> Transformer {
    try transformer(
      weights.changed { tensors in
        for (name, tensor) in tensors where isChanged(name) {
          tensors[name] = (
            tensor.shape,
            tensor.values.enumerated().map { $0 % 2 == 0 ? $1 * factor : $1 }
          )
        }
      })
  }

  /// Module → errors of the inputs.
  private func errors(
    of candidate: Transformer, threads: Int = 2
  ) throws -> [String: [Double]] {
    let modules = try transformer(weights).moduleErrors(
      of: candidate, for: inputs, threads: threads)
    return Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.relativeErrors) })
  }

  @Test func theSameWeightsHaveNoErrorAtAll() throws {
    let modules = try transformer(weights).moduleErrors(of: transformer(weights), for: inputs)
    #expect(
      modules.map(\.name) == [
        "time_guidance_embed", "double_stream_modulation_img", "double_stream_modulation_txt",
        "single_stream_modulation", "norm_out", "x_embedder", "context_embedder",
        "transformer_blocks.0", "transformer_blocks.1", "single_transformer_blocks.0",
        "single_transformer_blocks.1", "proj_out",
      ])
    #expect(modules.allSatisfy { $0.relativeErrors == [0, 0] })
  }

  /// A change of a module's weights is an error of this module and of no other, though the run of
  /// the changed network differs from there on.
  @Test(arguments: [
    ("transformer_blocks.0.", "transformer_blocks.0"),
    ("transformer_blocks.1.ff_context.linear_in", "transformer_blocks.1"),
    ("single_transformer_blocks.0.attn.norm_q", "single_transformer_blocks.0"),
    ("x_embedder.", "x_embedder"), ("context_embedder.", "context_embedder"),
    ("time_guidance_embed.guidance_embedder.linear_1", "time_guidance_embed"),
    ("double_stream_modulation_txt.", "double_stream_modulation_txt"),
    ("single_stream_modulation.", "single_stream_modulation"), ("norm_out.", "norm_out"),
    ("proj_out.", "proj_out"),
  ])
  func onlyTheChangedModuleHasAnError(prefix: String, module: String) throws {
    let candidate = try scaled(by: 1.01) { $0.hasPrefix(prefix) }
    for (name, errors) in try errors(of: candidate) {
      #expect(errors.allSatisfy { name == module ? $0 > 1e-6 : $0 == 0 }, "\(name): \(errors)")
    }
  }

  /// Where only one block is replaced, everything in front of it is the reference's: its own error is
  /// that of the stream behind it in a run of the changed network, bit for bit.
  @Test(arguments: ["transformer_blocks.1", "single_transformer_blocks.0"])
  func theErrorIsThatOfARunWithOnlyThisBlockReplaced(block: String) throws {
    let candidate = try scaled(by: 1.05) { $0.hasPrefix("\(block).") }
    func streams(_ transformer: Transformer) throws -> [[Float]] {
      var outputs = [[[Float]]](repeating: [], count: inputs.count)
      var counts: [String: Int] = [:]
      _ = try transformer.velocities(for: inputs) { name, values in
        guard name == block || name == "\(block).text" || name == "\(block).image" else { return }
        outputs[counts[name, default: 0]].append(values)
        counts[name, default: 0] += 1
      }
      return outputs.map { $0.flatMap { $0 } }
    }
    let (expected, found) = (try streams(transformer(weights)), try streams(candidate))
    let own = try #require(try errors(of: candidate)[block])
    for index in inputs.indices {
      var metrics = ErrorMetrics()
      let (reference, candidate) = (expected[index], found[index])
      // Text and image apart, as the sums of a module's error are made.
      let configuration = SyntheticNetwork.configuration
      let tokens = inputs[index].text.count / configuration.textSize
      let text = tokens * configuration.width
      for part in [0..<text, text..<reference.count] {
        metrics.add(
          reference: reference.span.extracting(part), candidate: candidate.span.extracting(part))
      }
      #expect(metrics.relativeError > 1e-4)
      #expect(metrics.relativeError == own[index])
    }
  }

  /// With the changes of two networks in one, every module has the error that it had alone.
  @Test func errorsOfModulesDoNotMix() throws {
    let first = try errors(of: scaled(by: 1.02) { $0.hasPrefix("transformer_blocks.0.") })
    let second = try errors(of: scaled(by: 1.02) { $0.hasPrefix("single_transformer_blocks.1.") })
    let both = try errors(
      of: scaled(by: 1.02) {
        $0.hasPrefix("transformer_blocks.0.") || $0.hasPrefix("single_transformer_blocks.1.")
      })
    #expect(both["transformer_blocks.0"] == first["transformer_blocks.0"])
    #expect(both["single_transformer_blocks.1"] == second["single_transformer_blocks.1"])
  }

  @Test func threadsDoNotChangeABit() throws {
    let candidate = try scaled(by: 1.01) { $0.hasSuffix("linear_in.weight") }
    let one = try errors(of: candidate, threads: 1)
    for threads in 2...4 { #expect(try errors(of: candidate, threads: threads) == one) }
  }

  @Test func aWeightThatIsNotANumberShowsInItsModule() throws {
    let candidate = try scaled(by: .nan) { $0 == "transformer_blocks.1.ff.linear_out.weight" }
    for (name, errors) in try errors(of: candidate) {
      #expect(
        errors.allSatisfy { name == "transformer_blocks.1" ? $0.isNaN : $0 == 0 }, "\(name)")
    }
  }

  @Test func theMonitorCountsBlocksAndAnEmptyBatchHasNoErrors() throws {
    let advanced = Mutex(0)
    let monitor = WorkMonitor(
      onBegin: { _, total, _ in #expect(total == 4) },
      onAdvance: { amount in advanced.withLock { $0 += amount } }, isCancelled: { false })
    let network = try transformer(weights)
    _ = try network.moduleErrors(of: network, for: inputs, monitor: monitor)
    #expect(advanced.withLock { $0 } == 4)
    #expect(try network.moduleErrors(of: network, for: []).isEmpty)
  }
}
