internal import Operations
internal import Parallel

/// One pass of a picture through the encoder or of latents through the decoder, layer by layer; each
/// layer is one step of the monitor.
struct NetworkPass {
  let reader: LayerReader
  let work: Work
  /// The output of the layers so far.
  private(set) var map: FeatureMap

  init(_ map: FeatureMap, reader: LayerReader, work: Work) {
    self.map = map
    self.reader = reader
    self.work = work
  }

  /// The steps that `runDecoder` counts.
  static func decoderStepCount(layersPerBlock: Int) -> Int { 5 + 4 * (layersPerBlock + 1) + 3 }

  /// The steps that `runEncoder` counts.
  static func encoderStepCount(layersPerBlock: Int) -> Int { 5 + 4 * layersPerBlock + 3 }

  /// Latents `[height, width, C]` to a picture of eight times the size.
  mutating func runDecoder(layersPerBlock: Int, hasPointwise: Bool) throws {
    if hasPointwise {
      map.pixels = try reader.pointwise("post_quant_conv")(map.pixels, work: work)
    }
    try convolve("decoder.conv_in")
    try runMiddle("decoder.mid_block")
    for level in 0..<4 {
      let name = "decoder.up_blocks.\(level)"
      for block in 0...layersPerBlock { try runResidualBlock("\(name).resnets.\(block)") }
      if level < 3 { try convolve("\(name).upsamplers.0.conv", .doubling) }
    }
    try convolve("decoder.conv_out", after: "decoder.conv_norm_out")
  }

  /// A picture `[height, width, 3]` to moments `[height / 8, width / 8, 2C]`: the means of the
  /// posterior, then the logarithms of its variances.
  mutating func runEncoder(layersPerBlock: Int, hasPointwise: Bool) throws {
    try convolve("encoder.conv_in")
    for level in 0..<4 {
      let name = "encoder.down_blocks.\(level)"
      for block in 0..<layersPerBlock { try runResidualBlock("\(name).resnets.\(block)") }
      if level < 3 { try convolve("\(name).downsamplers.0.conv", .halving) }
    }
    try runMiddle("encoder.mid_block")
    try convolve("encoder.conv_out", after: "encoder.conv_norm_out")
    if hasPointwise {
      map.pixels = try reader.pointwise("quant_conv")(map.pixels, work: work)
    }
  }

  private mutating func convolve(
    _ name: String, _ sampling: Convolution.Sampling = .same, after norm: String? = nil
  ) throws {
    let affine = try norm.map { try reader.norm($0).affine(of: map, work: work) }
    map = try reader.convolution(name, sampling)(map, after: affine, work: work)
    work.monitor.advance(by: 1)
  }

  private mutating func runResidualBlock(_ name: String) throws {
    try reader.residualBlock(name).apply(to: &map, work: work)
    work.monitor.advance(by: 1)
  }

  private mutating func runMiddle(_ name: String) throws {
    try runResidualBlock("\(name).resnets.0")
    try reader.attention("\(name).attentions.0").apply(to: &map, work: work)
    work.monitor.advance(by: 1)
    try runResidualBlock("\(name).resnets.1")
  }
}
