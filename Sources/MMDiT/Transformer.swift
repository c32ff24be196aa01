public import Families
public import Operations
public import Parallel
public import Tensors

/// The FLUX.2 transformer, in float32 by default: what a quantized or converted model is measured against.
///
/// Written to be read beside the description of the network: one call for each operation, one matrix
/// product per linear layer. Weights have the names and shapes of the diffusers layout, linear
/// weights `[outputs, inputs]`.
public struct Transformer: Sendable {
  /// The numbers of the network.
  public let configuration: Flux2Configuration
  /// What the products of its blocks are computed in.
  public let arithmetic: Arithmetic
  private let weights: any WeightSource
  private let bufferCount: Int

  /// A transformer over those weights, once all of them are there with the right shapes.
  ///
  /// The configuration is one that was read from a document or inferred from a file; one whose
  /// numbers contradict each other is a broken contract and traps.
  ///
  /// `weightBufferByteCount` bounds the float32 weights that are alive at once; a layer whose
  /// single row is larger takes that row.
  ///
  /// `arithmetic` is that of the products with the weights of the blocks; those with the text are
  /// computed in bfloat16 unless it is float32, all others in float32. Float32 is the reference; the
  /// others trade accuracy for speed.
  public init(
    configuration: Flux2Configuration, weights: any WeightSource,
    weightBufferByteCount: Int = 64 << 20, arithmetic: Arithmetic = .float32
  ) throws(MMDiTFailure) {
    precondition(
      configuration.rotaryAxes.count == 4
        && configuration.rotaryAxes.reduce(0, +) == configuration.headSize
        && configuration.rotaryAxes.allSatisfy { $0.isMultiple(of: 2) },
      "four even rotary axes share the dimensions of a head")
    precondition(
      configuration.timestepChannels.isMultiple(of: 2), "half of the channels are cosines")
    let required = configuration.component.weights
    let problems = WeightProblem.find(required, in: weights)
    guard problems.isEmpty else {
      throw .weights(origin: weights.origin, problems: problems)
    }
    let largest = required.map(\.shape.count).max() ?? 0
    let widest = required.map(\.shape.columns).max() ?? 0
    self.configuration = configuration
    self.weights = weights
    self.arithmetic = arithmetic
    bufferCount = max(
      widest, min(largest, weightBufferByteCount / MemoryLayout<Float>.stride))
  }

  /// The blocks a call walks, each counted as one step by its monitor.
  public var blockCount: Int { configuration.doubleBlockCount + configuration.singleBlockCount }

  /// The bytes of activations that each token of a batch takes, what is kept per thread apart.
  public var activationByteCountPerToken: Int {
    MemoryLayout<Float>.stride * (8 * configuration.width + 4 * configuration.feedForwardSize)
  }

  /// The predicted velocities `[T, C]` of each input: the direction from picture to noise.
  ///
  /// The inputs are independent; they may differ in prompt, noise level, grid, references and text
  /// length. The blocks are walked once for all of them and every weight is decoded exactly once,
  /// so a batch costs one pass over the file. Peak memory, with N tokens in the whole batch, S of
  /// them in the longest input, D width, M feed-forward width, K head size, in float32 values:
  ///
  ///     N · (8D + 4M)  +  threads · (56 · (2S + K) + 2²¹)  +  the weight buffer
  ///
  /// whatever the number of parameters; 2²¹ is for the largest part of a layer's weights that a
  /// thread multiplies at once, 96 rows of up to 21,845 inputs. The result depends neither on the
  /// number of threads nor on what else is in the batch.
  ///
  /// `memory` is that of passes before, whose results do not matter; whoever calls again with as many
  /// tokens should pass the same.
  ///
  /// `trace` gets each module's output under its diffusers name, once for each input in the order
  /// of the batch: `x_embedder`, `context_embedder`, `time_guidance_embed`,
  /// `double_stream_modulation_img`, `double_stream_modulation_txt`, `single_stream_modulation`,
  /// `transformer_blocks.i.text` and `.image`, `single_transformer_blocks.i` (text tokens first),
  /// `norm_out`, `proj_out`. The last two hold the predicted tokens only, without references.
  ///
  /// Throws `MMDiTFailure` for an input that does not fit, `Cancelled`, and what the source throws
  /// while decoding.
  public func velocities(
    for inputs: [TransformerInput], threads: Int = availableThreadCount(),
    memory: PassMemory = PassMemory(), monitor: WorkMonitor = .silent,
    trace: ((String, [Float]) -> Void)? = nil
  ) throws -> [[Float]] {
    guard !inputs.isEmpty else { return [] }
    var pass = try pass(
      inputs, threads: threads, memory: memory, monitor: monitor, trace: trace)
    monitor.begin("transformer", total: blockCount, unit: .steps)
    let velocities = try pass.run(inputs)
    memory.keep(pass.memory())
    return velocities
  }

  /// A walk of a batch that has not begun, once every input fits.
  func pass(
    _ inputs: [TransformerInput], threads: Int, memory: PassMemory = PassMemory(),
    monitor: WorkMonitor, trace: ((String, [Float]) -> Void)? = nil
  ) throws(MMDiTFailure) -> ForwardPass {
    for (index, input) in inputs.enumerated() {
      try configuration.check(input, index: index, origin: weights.origin)
    }
    return ForwardPass(
      inputs, configuration: configuration, weights: weights, bufferCount: bufferCount,
      arithmetic: arithmetic, threads: threads, memory: memory, monitor: monitor, trace: trace)
  }
}
