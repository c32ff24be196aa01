public import StrictJSON

extension Flux2Configuration {
  /// Reads the `config.json` of a diffusers transformer folder.
  ///
  /// Keys that are absent have the defaults of the diffusers class, which are those of
  /// FLUX.2 [dev].
  public init(diffusers document: JSONField) throws {
    func integer(_ key: String, default fallback: Int) throws -> Int {
      try document.optional(key)?.integer() ?? fallback
    }
    let headCount = try integer("num_attention_heads", default: 48)
    let headSize = try integer("attention_head_dim", default: 128)
    let inputChannels = try integer("in_channels", default: 128)
    let ratio = try document.optional("mlp_ratio")?.double() ?? 3
    let (width, overflow) = headCount.multipliedReportingOverflow(by: headSize)
    let feedForwardSize = Double(width) * ratio
    guard headCount > 0, headSize > 0, inputChannels > 0, !overflow, feedForwardSize >= 1,
      feedForwardSize < 0x1p31
    else {
      throw FamilyFailure.badConfiguration(
        origin: document.document,
        reason: "expected sizes of a transformer, found \(headCount) heads of \(headSize), "
          + "\(inputChannels) channels and a feed-forward ratio of \(ratio)")
    }
    self.init(
      headCount: headCount, headSize: headSize,
      doubleBlockCount: try integer("num_layers", default: 8),
      singleBlockCount: try integer("num_single_layers", default: 48),
      textSize: try integer("joint_attention_dim", default: 15360),
      inputChannels: inputChannels,
      outputChannels: try integer("out_channels", default: inputChannels),
      feedForwardSize: Int(feedForwardSize),
      rotaryAxes: try document.optional("axes_dims_rope")?.array().map { try $0.integer() }
        ?? [32, 32, 32, 32],
      rotaryBase: try document.optional("rope_theta")?.double() ?? 2000,
      epsilon: Float(try document.optional("eps")?.double() ?? 1e-6),
      timestepChannels: try integer("timestep_guidance_channels", default: 256),
      hasGuidance: try document.optional("guidance_embeds")?.bool() ?? true)
    try check(origin: document.document)
  }

  /// Reads the configuration that a bundle carries, in which every key is present.
  public init(document: JSONField) throws {
    self.init(
      headCount: try document["head_count"].integer(),
      headSize: try document["head_size"].integer(),
      doubleBlockCount: try document["double_block_count"].integer(),
      singleBlockCount: try document["single_block_count"].integer(),
      textSize: try document["text_size"].integer(),
      inputChannels: try document["input_channels"].integer(),
      outputChannels: try document["output_channels"].integer(),
      feedForwardSize: try document["feed_forward_size"].integer(),
      rotaryAxes: try document["rotary_axes"].array().map { try $0.integer() },
      rotaryBase: try document["rotary_base"].double(),
      epsilon: Float(try document["epsilon"].double()),
      timestepChannels: try document["timestep_channels"].integer(),
      hasGuidance: try document["has_guidance"].bool())
    try check(origin: document.document)
  }

  /// The document that `init(document:)` reads.
  public var document: JSONValue {
    [
      "head_count": .init(headCount), "head_size": .init(headSize),
      "double_block_count": .init(doubleBlockCount),
      "single_block_count": .init(singleBlockCount), "text_size": .init(textSize),
      "input_channels": .init(inputChannels), "output_channels": .init(outputChannels),
      "feed_forward_size": .init(feedForwardSize),
      "rotary_axes": .array(rotaryAxes.map { .init($0) }), "rotary_base": .init(rotaryBase),
      "epsilon": epsilonDocument,
      "timestep_channels": .init(timestepChannels), "has_guidance": .bool(hasGuidance),
    ]
  }

  /// Epsilon by its decimal digits, so that 1e-6 stays 1e-6 and not its float32 expansion.
  var epsilonDocument: JSONValue { .init(Double(epsilon.description) ?? Double(epsilon)) }

  /// Checks what the network relies on; the numbers come from a file.
  internal func check(origin: String) throws(FamilyFailure) {
    let limit = 1 << 24
    let sizes = [
      headCount, headSize, textSize, inputChannels, outputChannels, feedForwardSize,
      timestepChannels,
    ]
    guard sizes.allSatisfy({ (1...limit).contains($0) }), width <= limit else {
      throw .badConfiguration(
        origin: origin, reason: "expected sizes from 1 to \(limit), found \(sizes)")
    }
    guard (0...4096).contains(doubleBlockCount), (0...4096).contains(singleBlockCount) else {
      throw .badConfiguration(
        origin: origin,
        reason: "expected at most 4096 blocks of a kind, found \(doubleBlockCount) double and "
          + "\(singleBlockCount) single")
    }
    guard rotaryAxes.count == 4, rotaryAxes.allSatisfy({ $0 > 0 && $0.isMultiple(of: 2) }),
      rotaryAxes.allSatisfy({ $0 <= headSize }), rotaryAxes.reduce(0, +) == headSize
    else {
      throw .badConfiguration(
        origin: origin,
        reason: "expected four even rotary axes that sum to the head size \(headSize), found "
          + "\(rotaryAxes)")
    }
    guard rotaryBase > 1, rotaryBase.isFinite, epsilon > 0, epsilon < 1,
      timestepChannels.isMultiple(of: 2)
    else {
      throw .badConfiguration(
        origin: origin,
        reason: "expected a rotary base above 1, an epsilon between 0 and 1 and even timestep "
          + "channels, found \(rotaryBase), \(epsilon) and \(timestepChannels)")
    }
  }
}
