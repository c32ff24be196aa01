internal import StrictJSON

// Published with CompVis/latent-diffusion and black-forest-labs/flux; the diffusers names are those
// of AutoencoderKL and AutoencoderKLFlux2.
extension Family {
  /// The autoencoder of FLUX.2, which normalises its latents by batch statistics. Its decoder may
  /// be narrower than its encoder.
  public static let flux2Autoencoder = Family(
    id: "flux2-autoencoder", title: "FLUX.2 autoencoder", kind: .autoencoder,
    className: "AutoencoderKLFlux2", fileStem: "diffusion_pytorch_model",
    sizes: Convolutions.sizes + ["has_batch_count"],
    settings: [
      Setting("batch_norm_epsilon") { _ in .init(1e-4) },
      Setting("batch_norm_momentum") { _ in .init(0.1) },
    ],
    keys: [
      .init("_class_name", .written("AutoencoderKLFlux2")),
      .init("batch_norm_eps", .setting("batch_norm_epsilon")),
      .init("batch_norm_momentum", .setting("batch_norm_momentum")),
      .init(
        "decoder_block_out_channels",
        .sizesUnlessEqual(Convolutions.decoderChannels, to: Convolutions.encoderChannels)),
      .init("patch_size", .fixed([2, 2])),
    ] + Convolutions.keys,
    sections: Convolutions.encoder + [
      Section(
        "quant_conv",
        WeightRow.layer(
          "quant_conv", original: "encoder.quant_conv", 2 * "latent_channels",
          2 * "latent_channels", 1, 1
        ).when(.flag("has_quant_conv"))),
      Section(
        "bn",
        [
          WeightRow("bn.running_mean", [4 * "latent_channels"]),
          WeightRow("bn.running_var", [4 * "latent_channels"]),
          // A counter of the training, which some files leave out.
          WeightRow("bn.num_batches_tracked", [], when: .flag("has_batch_count")),
        ]),
      Section(
        "post_quant_conv",
        WeightRow.layer(
          "post_quant_conv", original: "decoder.post_quant_conv", "latent_channels",
          "latent_channels", 1, 1
        ).when(.flag("has_post_quant_conv"))),
    ] + Convolutions.decoder,
    signature: ["bn.running_mean", "decoder.mid_block.resnets.0.conv1.weight"],
    variants: [
      Variant(
        title: "FLUX.2 autoencoder",
        sizes: published(decoder: [128, 256, 512, 512])),
      Variant(
        title: "FLUX.2 autoencoder with the small decoder",
        sizes: published(decoder: [96, 192, 384, 384])),
    ],
    quantization: Convolutions.advice)

  private static func published(decoder: [Int]) -> [String: Int] {
    var sizes = Convolutions.published(decoder: decoder, latent: 32, quant: 1)
    sizes["has_batch_count"] = 1
    return sizes
  }

  /// The autoencoder of FLUX.1 and of Stable Diffusion 3.
  ///
  /// They have the same tensors; how their latents are scaled is in no weight.
  public static let autoencoder = Family(
    id: "autoencoder", title: "autoencoder", kind: .autoencoder, className: "AutoencoderKL",
    fileStem: "diffusion_pytorch_model", sizes: Convolutions.sizes,
    settings: [
      Setting("scaling_factor") { _ in .init(0.3611) },
      Setting("shift_factor") { _ in .init(0.1159) },
    ],
    keys: [
      .init("_class_name", .written("AutoencoderKL")),
      .init("force_upcast", .written(.bool(true))),
      .init("scaling_factor", .setting("scaling_factor")),
      .init("shift_factor", .setting("shift_factor")),
    ] + Convolutions.keys,
    sections: Convolutions.encoder + [
      Section(
        "quant_conv",
        WeightRow.layer("quant_conv", 2 * "latent_channels", 2 * "latent_channels", 1, 1)
          .when(.flag("has_quant_conv"))),
      Section(
        "post_quant_conv",
        WeightRow.layer("post_quant_conv", "latent_channels", "latent_channels", 1, 1)
          .when(.flag("has_post_quant_conv"))),
    ] + Convolutions.decoder,
    signature: ["decoder.mid_block.resnets.0.conv1.weight", "encoder.conv_in.weight"],
    settingsBeside: [
      "flux1": ["scaling_factor": .init(0.3611), "shift_factor": .init(0.1159)],
      "sd3": ["scaling_factor": .init(1.5305), "shift_factor": .init(0.0609)],
    ],
    assumption: "config.json has the scaling_factor 0.3611 and shift_factor 0.1159 of FLUX.1; "
      + "Stable Diffusion 3 has 1.5305 and 0.0609, and no weight tells them apart",
    variants: [
      Variant(
        title: "autoencoder of FLUX.1 or Stable Diffusion 3",
        sizes: Convolutions.published(decoder: [128, 256, 512, 512], latent: 16, quant: 0))
    ],
    quantization: Convolutions.advice)
}

/// What the autoencoders share: four levels of residual blocks around an attention layer.
private enum Convolutions {
  static let encoderChannels = (0..<4).map { "encoder_channels_\($0)" }
  static let decoderChannels = (0..<4).map { "decoder_channels_\($0)" }

  static let sizes =
    encoderChannels + decoderChannels + [
      "layers_per_block", "latent_channels", "input_channels", "output_channels", "has_quant_conv",
      "has_post_quant_conv",
    ]

  static let keys: [ConfigurationKey] = [
    .init("act_fn", .fixed("silu")),
    .init("block_out_channels", .sizes(encoderChannels)),
    .init("down_block_types", .fixed(.array(Array(repeating: "DownEncoderBlock2D", count: 4)))),
    .init("in_channels", .size("input_channels")),
    .init("latent_channels", .size("latent_channels")),
    .init("layers_per_block", .size("layers_per_block")),
    .init("mid_block_add_attention", .fixed(.bool(true))),
    .init("norm_num_groups", .fixed(32)),
    .init("out_channels", .size("output_channels")),
    .init("sample_size", .written(1024)),
    .init("up_block_types", .fixed(.array(Array(repeating: "UpDecoderBlock2D", count: 4)))),
    .init("use_post_quant_conv", .flag("has_post_quant_conv")),
    .init("use_quant_conv", .flag("has_quant_conv")),
  ]

  static let advice = QuantizationAdvice(
    linears: [],
    kept: [("*", "a fraction of the pipeline's size, and every error is seen in the picture")])

  static func published(decoder: [Int], latent: Int, quant: Int) -> [String: Int] {
    var sizes = [
      "layers_per_block": 2, "latent_channels": latent, "input_channels": 3,
      "output_channels": 3, "has_quant_conv": quant, "has_post_quant_conv": quant,
    ]
    for (name, size) in zip(encoderChannels, [128, 256, 512, 512]) { sizes[name] = size }
    for (name, size) in zip(decoderChannels, decoder) { sizes[name] = size }
    return sizes
  }

  /// Halves the resolution at the first three levels.
  static let encoder: [Section] = {
    let channels = encoderChannels.map { Extent(stringLiteral: $0) }
    var sections = [
      Section(
        "encoder.conv_in", WeightRow.layer("encoder.conv_in", channels[0], "input_channels", 3, 3))
    ]
    for level in 0..<4 {
      let block = "encoder.down_blocks.\(level)"
      sections.append(
        Section(
          block, count: "layers_per_block",
          residualBlocks(
            "\(block).resnets.{i}", original: "encoder.down.\(level).block.{i}",
            from: channels[max(0, level - 1)], to: channels[level])))
      guard level < 3 else { continue }
      sections.append(
        Section(
          block,
          WeightRow.layer(
            "\(block).downsamplers.0.conv", original: "encoder.down.\(level).downsample.conv",
            channels[level], channels[level], 3, 3)))
    }
    return sections + [
      middle("encoder", channels[3]),
      Section(
        "encoder.conv_out",
        WeightRow.norm("encoder.conv_norm_out", original: "encoder.norm_out", channels[3])
          + WeightRow.layer("encoder.conv_out", 2 * "latent_channels", channels[3], 3, 3)),
    ]
  }()

  /// Doubles the resolution at the last three levels, which the original layout counts backwards.
  static let decoder: [Section] = {
    let channels = decoderChannels.map { Extent(stringLiteral: $0) }
    var sections = [
      Section(
        "decoder.conv_in",
        WeightRow.layer("decoder.conv_in", channels[3], "latent_channels", 3, 3)),
      middle("decoder", channels[3]),
    ]
    for step in 0..<4 {
      let level = 3 - step
      let block = "decoder.up_blocks.\(step)"
      sections.append(
        Section(
          block, count: "layers_per_block" + 1,
          residualBlocks(
            "\(block).resnets.{i}", original: "decoder.up.\(level).block.{i}",
            from: channels[min(3, level + 1)], to: channels[level])))
      guard step < 3 else { continue }
      sections.append(
        Section(
          block,
          WeightRow.layer(
            "\(block).upsamplers.0.conv", original: "decoder.up.\(level).upsample.conv",
            channels[level], channels[level], 3, 3)))
    }
    return sections + [
      Section(
        "decoder.conv_out",
        WeightRow.norm("decoder.conv_norm_out", original: "decoder.norm_out", channels[0])
          + WeightRow.layer("decoder.conv_out", "output_channels", channels[0], 3, 3))
    ]
  }()

  /// The residual blocks of a level; only the first changes the number of channels.
  private static func residualBlocks(
    _ name: String, original: String, from inputs: Extent, to outputs: Extent
  ) -> [WeightRow] {
    residualBlock(name, original: original, from: inputs, to: outputs).when(.before(1))
      + WeightRow.layer(
        "\(name).conv_shortcut", original: "\(original).nin_shortcut", outputs, inputs, 1, 1
      ).when(.before(1)).when(.differ(inputs, outputs))
      + residualBlock(name, original: original, from: outputs, to: outputs).when(.from(1))
  }

  private static func residualBlock(
    _ name: String, original: String, from inputs: Extent, to outputs: Extent
  ) -> [WeightRow] {
    WeightRow.norm("\(name).norm1", original: "\(original).norm1", inputs)
      + WeightRow.layer("\(name).conv1", original: "\(original).conv1", outputs, inputs, 3, 3)
      + WeightRow.norm("\(name).norm2", original: "\(original).norm2", outputs)
      + WeightRow.layer("\(name).conv2", original: "\(original).conv2", outputs, outputs, 3, 3)
  }

  /// Two residual blocks around attention over all pixels, whose layers are convolutions of one
  /// pixel in the original layout.
  private static func middle(_ name: String, _ channels: Extent) -> Section {
    let block = "\(name).mid_block"
    let attention = "\(block).attentions.0"
    let original = "\(name).mid.attn_1"
    return Section(
      block,
      residualBlock(
        "\(block).resnets.0", original: "\(name).mid.block_1", from: channels, to: channels)
        + WeightRow.norm("\(attention).group_norm", original: "\(original).norm", channels)
        + zip(["to_q", "to_k", "to_v", "to_out.0"], ["q", "k", "v", "proj_out"]).flatMap {
          [
            WeightRow(
              "\(attention).\($0).weight", original: "\(original).\($1).weight",
              [channels, channels], originalShape: [channels, channels, 1, 1]),
            WeightRow(
              "\(attention).\($0).bias", original: "\(original).\($1).bias", [channels]),
          ]
        }
        + residualBlock(
          "\(block).resnets.1", original: "\(name).mid.block_2", from: channels, to: channels))
  }
}
