internal import Quantization

extension Recipe {
  /// The recipes that are known by name.
  public static let builtIn: [Recipe] = [int8, int4, int4Group64, mixed]

  /// The built-in recipe of that name.
  public static func builtIn(named name: String) -> Recipe? {
    builtIn.first { $0.name == name }
  }

  private static let bytePerWeight = Scheme(
    .int8, group: .row, scaleType: .bfloat16)
  private static let nibbleByRow = Scheme(
    .int4, group: .row, scaleType: .bfloat16, clipping: .meanSquaredError)
  private static let nibbleByGroup = Scheme(
    .int4, group: .columns64, scaleType: .bfloat16, clipping: .meanSquaredError)

  static let int8 = Recipe(
    name: "int8",
    summary: "Eight bits a weight in the blocks, one scale a row.",
    rules: blockLinears(bytePerWeight) + sensitive,
    thresholds: Thresholds(
      velocityRelativeError: 0.02, weightRelativeError: 0.02, segmentRelativeError: 0.1))

  static let int4 = Recipe(
    name: "int4",
    summary:
      "Four bits a weight in the blocks, one scale a row: the smallest file, a visible loss.",
    rules: blockLinears(nibbleByRow) + sensitive,
    thresholds: Thresholds(
      velocityRelativeError: 0.2, weightRelativeError: 0.2, segmentRelativeError: 0.7))

  static let int4Group64 = Recipe(
    name: "int4-g64",
    summary:
      "Four bits a weight in the blocks, one scale for 64 weights: the usual choice at 4 bits.",
    rules: blockLinears(nibbleByGroup) + sensitive,
    thresholds: Thresholds(
      velocityRelativeError: 0.15, weightRelativeError: 0.15, segmentRelativeError: 0.4))

  static let mixed = Recipe(
    name: "mixed",
    summary: "Like int4-g64, with eight bits for the outputs of attention.",
    rules: blockLinears(nibbleByGroup) + [
      Rule(
        match: "*.attn.to_out*", treatment: .quantize(bytePerWeight),
        reason: "it writes to the residual stream; measured, an error here weighs twice as much as "
          + "in other layers")
    ] + sensitive,
    thresholds: Thresholds(
      velocityRelativeError: 0.1, weightRelativeError: 0.15, segmentRelativeError: 0.4))

  private static func blockLinears(_ scheme: Scheme) -> [Rule] {
    [
      Rule(
        match: "*transformer_blocks.*.weight", treatment: .quantize(scheme),
        reason: "the linear layers of the blocks are nearly all of the weights")
    ]
  }

  /// What stays as it is in every built-in recipe.
  private static let sensitive = [
    Rule(
      match: "x_embedder.weight", treatment: .keep,
      reason: "the latents enter here: its error reaches every block, its size is small"),
    Rule(
      match: "context_embedder.weight", treatment: .keep,
      reason: "the prompt enters here: its error reaches every block"),
    Rule(
      match: "time_guidance_embed.*", treatment: .keep,
      reason: "it steers every modulation of a step, its size is small"),
    Rule(
      match: "*modulation*", treatment: .keep,
      reason: "shared by all blocks: shift, scale and gate multiply every activation"),
    Rule(
      match: "*.norm_*", treatment: .keep,
      reason: "the scales of query and key norms are vectors of one head"),
    Rule(
      match: "norm_out.*", treatment: .keep,
      reason: "scales the last activations, right before the prediction"),
    Rule(
      match: "proj_out.weight", treatment: .keep,
      reason: "writes the prediction: its error is the picture's error"),
  ]
}

extension NamePattern: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}
