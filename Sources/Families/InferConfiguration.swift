public import Tensors

extension Flux2Configuration {
  /// The numbers that the published models share and that no shape tells.
  private static let publishedRotaryBase = 2000.0
  private static let publishedEpsilon: Float = 1e-6
  private static let rotaryAxisCount = 4

  /// Reads the configuration off the shapes of a checkpoint without a `config.json`.
  ///
  /// D is the rows of the latent embedder, K the length of a query norm, J and C the columns of the
  /// embedders, M the columns of a feed-forward output, the depths the highest block index plus
  /// one. Rotary base and epsilon are those of every published FLUX.2; the rotary axes share K
  /// equally.
  public static func inferred(
    from source: any WeightSource, identity: Identity
  ) throws(FamilyFailure) -> Flux2Configuration {
    guard identity.family.isSupported else {
      throw .unsupported(origin: source.origin, family: identity.family)
    }
    let names = FirstBlockNames(identity)
    func shape(_ candidates: [String]) throws(FamilyFailure) -> Shape {
      for name in candidates {
        if let weight = source.weight(named: name) { return weight.shape }
      }
      throw .missing(origin: source.origin, names: [candidates[0]])
    }
    let embedder = try shape([names.latentEmbedder])
    let headSize = try shape(names.queryNorm).count
    guard headSize > 0, embedder.rows > 0, embedder.rows.isMultiple(of: headSize),
      headSize.isMultiple(of: 2 * rotaryAxisCount)
    else {
      throw .badConfiguration(
        origin: source.origin,
        reason: "expected a width that is a multiple of the head size, found width "
          + "\(embedder.rows) and head size \(headSize)")
    }
    let configuration = Flux2Configuration(
      headCount: embedder.rows / headSize, headSize: headSize,
      doubleBlockCount: names.depth(of: names.doubleBlocks, in: source),
      singleBlockCount: names.depth(of: names.singleBlocks, in: source),
      textSize: try shape([names.textEmbedder]).columns,
      inputChannels: embedder.columns,
      outputChannels: try shape([names.output]).rows,
      feedForwardSize: try shape([names.feedForwardOutput]).columns,
      rotaryAxes: Array(repeating: headSize / rotaryAxisCount, count: rotaryAxisCount),
      rotaryBase: publishedRotaryBase, epsilon: publishedEpsilon,
      timestepChannels: try shape([names.timestepEmbedder]).columns,
      hasGuidance: source.weight(named: names.guidanceEmbedder) != nil)
    try configuration.check(origin: source.origin)
    return configuration
  }
}

/// The names whose shapes decide, in one layout.
private struct FirstBlockNames {
  let latentEmbedder, textEmbedder, timestepEmbedder, guidanceEmbedder: String
  let feedForwardOutput, output, doubleBlocks, singleBlocks: String
  let queryNorm: [String]

  init(_ identity: Identity) {
    let prefix = identity.prefix
    if identity.layout == .diffusers {
      let embedder = "\(prefix)time_guidance_embed"
      latentEmbedder = "\(prefix)x_embedder.weight"
      textEmbedder = "\(prefix)context_embedder.weight"
      timestepEmbedder = "\(embedder).timestep_embedder.linear_1.weight"
      guidanceEmbedder = "\(embedder).guidance_embedder.linear_1.weight"
      doubleBlocks = "\(prefix)transformer_blocks."
      singleBlocks = "\(prefix)single_transformer_blocks."
      queryNorm = ["\(doubleBlocks)0.attn.norm_q.weight"]
      feedForwardOutput = "\(doubleBlocks)0.ff.linear_out.weight"
      output = "\(prefix)proj_out.weight"
    } else {
      latentEmbedder = "\(prefix)img_in.weight"
      textEmbedder = "\(prefix)txt_in.weight"
      timestepEmbedder = "\(prefix)time_in.in_layer.weight"
      guidanceEmbedder = "\(prefix)guidance_in.in_layer.weight"
      doubleBlocks = "\(prefix)double_blocks."
      singleBlocks = "\(prefix)single_blocks."
      let norm = "\(doubleBlocks)0.img_attn.norm.query_norm"
      queryNorm = ["\(norm).scale", "\(norm).weight"]
      feedForwardOutput = "\(doubleBlocks)0.img_mlp.2.weight"
      output = "\(prefix)final_layer.linear.weight"
    }
  }

  /// The highest block index under `blocks` plus one.
  func depth(of blocks: String, in source: any WeightSource) -> Int {
    source.weights.compactMap { weight -> Int? in
      guard weight.name.hasPrefix(blocks) else { return nil }
      // More blocks than weights cannot be; an absurd index must not become a depth.
      return Int(weight.name.dropFirst(blocks.count).prefix { $0 != "." })
        .flatMap { (0..<source.weights.count).contains($0) ? $0 : nil }
    }.max().map { $0 + 1 } ?? 0
  }
}
