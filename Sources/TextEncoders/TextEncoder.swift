public import Families
public import Parallel
public import Tensors

/// The text encoder of FLUX.2 in float32: Qwen3 for [klein], the text tower of Mistral 3 for [dev].
///
/// A stack of Llama's layers (Touvron et al., arXiv 2302.13971) with grouped queries, as
/// transformers evaluates it; what pipelines take is the residual stream after some inner layers.
/// Weights have the canonical names of their family, linear weights `[outputs, inputs]`. The head
/// that predicts tokens and the vision tower are not looked at.
public struct TextEncoder: Sendable {
  /// The numbers of the network.
  public let configuration: DecoderConfiguration
  private let weights: any WeightSource
  private let bufferCount: Int

  /// An encoder over those weights, once all of them are there with the right shapes.
  ///
  /// `weightBufferByteCount` bounds the float32 weights that are alive at once; a layer whose
  /// single row is larger takes that row.
  ///
  /// Throws `TextEncoderFailure` for another family and for weights that are missing or misshapen,
  /// and a failure of the configuration whose settings contradict each other.
  public init(
    configuration: Configuration, weights: any WeightSource,
    weightBufferByteCount: Int = 64 << 20
  ) throws {
    guard DecoderConfiguration.families.contains(configuration.family) else {
      throw TextEncoderFailure.notATextEncoder(
        origin: weights.origin, title: configuration.family.title)
    }
    let decoder = try DecoderConfiguration(configuration, origin: weights.origin)
    let required = configuration.weights.filter { $0.name.hasPrefix(decoder.prefix) }
    let problems = WeightProblem.find(required, in: weights)
    guard problems.isEmpty else {
      throw TextEncoderFailure.weights(origin: weights.origin, problems: problems)
    }
    // The table is looked up by rows, which need no buffer.
    let shapes = required.filter { $0.name != decoder.tableName }.map(\.shape)
    let largest = shapes.map(\.count).max() ?? 0
    let widest = shapes.map(\.columns).max() ?? 0
    self.configuration = decoder
    self.weights = weights
    bufferCount = max(
      1, widest, min(largest, weightBufferByteCount / MemoryLayout<Float>.stride))
  }

  /// The bytes of activations that each token of a batch takes while it passes the layers; the hidden
  /// states that are handed out come to it.
  public var activationByteCountPerToken: Int {
    MemoryLayout<Float>.stride
      * (3 * configuration.width
        + max(
          2 * (configuration.querySize + 2 * configuration.keyValueSize),
          3 * configuration.feedForwardSize))
  }

  /// The hidden states of each prompt after `layers`, side by side: `[L, layers.count · D]`,
  /// row-major.
  ///
  /// Entries are counted as in transformers' `hidden_states`: 0 is the embedding, k the residual
  /// stream after k layers; the last one has passed the final norm, unless the file was cut at that
  /// layer and has none. Layers after the largest of `layers` are never read.
  ///
  /// Tokens attend to themselves and to those before them, except to padding. Positions count from
  /// 0 whatever the mask says, as transformers counts them when it is given no others. Padding is
  /// encoded like any token, for pipelines hand it on; a token that has only padding before it, and
  /// is padding, attends to nothing: attention adds 0 to it. (That is what torch's scaled dot
  /// product attention gives, the default of transformers; its `eager` attention would give the mean
  /// of all values there.)
  ///
  /// All prompts pass the network at once and every weight is decoded once for all of them. With N
  /// tokens in the batch, peak memory in float32 values:
  ///
  ///     N · (2D + max(2 · (H + 2G) · K, 3M))  +  N · layers.count · D
  ///       +  threads · 56 · L  +  L · K  +  the weight buffer
  ///
  /// whatever the number of parameters. The result does not depend on the number of threads or on
  /// the other prompts, to the last bit: an element of a product depends on its row and column alone.
  ///
  /// Throws `TextEncoderFailure` for a prompt or a layer that does not fit, `Cancelled`, and what
  /// the source throws while decoding.
  public func hiddenStates(
    _ prompts: [TextInput], layers: [Int], threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent
  ) throws -> [[Float]] {
    try check(layers)
    for (index, prompt) in prompts.enumerated() { try check(prompt, index: index) }
    guard !prompts.isEmpty, let last = layers.max() else { return [] }
    monitor.begin("text encoder", total: last, unit: .steps)
    var pass = EncoderPass(
      prompts, configuration: configuration, weights: weights, bufferCount: bufferCount,
      threads: threads, monitor: monitor)
    return try pass.run(prompts, layers: layers)
  }

  private func check(_ layers: [Int]) throws(TextEncoderFailure) {
    let known = 0...configuration.layerCount
    guard !layers.isEmpty, layers.allSatisfy(known.contains) else {
      throw .layers(
        origin: weights.origin,
        expected: "at least one, from 0 (the embedding) to \(known.upperBound)",
        found: layers.isEmpty ? "none" : "\(layers)")
    }
  }

  private func check(_ prompt: TextInput, index: Int) throws(TextEncoderFailure) {
    func fail(_ subject: String, expected: String, found: String) -> TextEncoderFailure {
      .prompt(
        origin: weights.origin, prompt: index, subject: subject, expected: expected, found: found)
    }
    let (count, limit) = (prompt.identifiers.count, configuration.positionLimit)
    guard (1...limit).contains(count) else {
      throw fail("tokens", expected: "1 to \(limit)", found: "\(count)")
    }
    guard prompt.mask.count == count else {
      throw fail(
        "mask", expected: "one value for each of \(count) tokens", found: "\(prompt.mask.count)")
    }
    let known = 0..<configuration.vocabularySize
    guard let place = prompt.identifiers.firstIndex(where: { !known.contains($0) }) else { return }
    throw fail(
      "token \(place)", expected: "an identifier from 0 to \(known.upperBound - 1)",
      found: "\(prompt.identifiers[place])")
  }
}

extension DecoderConfiguration {
  /// The name of the embedding table `[vocabulary, D]`.
  var tableName: String { "\(prefix)embed_tokens.weight" }
}
