public import StrictJSON

extension Flux2Configuration {
  /// The `config.json` of a diffusers transformer folder with these numbers.
  public var diffusersDocument: JSONValue {
    [
      "_class_name": "Flux2Transformer2DModel",
      "attention_head_dim": .init(headSize),
      "axes_dims_rope": .array(rotaryAxes.map { .init($0) }),
      "eps": epsilonDocument, "guidance_embeds": .bool(hasGuidance),
      "in_channels": .init(inputChannels), "joint_attention_dim": .init(textSize),
      "mlp_ratio": .init(feedForwardRatio),
      "num_attention_heads": .init(headCount), "num_layers": .init(doubleBlockCount),
      "num_single_layers": .init(singleBlockCount),
      "out_channels": outputChannels == inputChannels ? .null : .init(outputChannels),
      "patch_size": 1,
      "rope_theta": Int(exactly: rotaryBase).map { .init($0) } ?? .init(rotaryBase),
      "timestep_guidance_channels": .init(timestepChannels),
    ]
  }

  /// M / D such that the integer part of D × ratio, which readers take, is M again.
  private var feedForwardRatio: Double {
    let ratio = Double(feedForwardSize) / Double(width)
    return Int(Double(width) * ratio) == feedForwardSize ? ratio : ratio.nextUp
  }
}
