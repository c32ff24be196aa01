public import Tensors

/// Where the rows of a weight stand in the original layout.
public enum OriginalRows: Hashable, Sendable {
  /// All rows, in the same order.
  case whole
  /// The part with this index when the rows are cut into `count` equal parts.
  case part(Int, of: Int)
  /// All rows, the second half before the first.
  case swappedHalves
}

/// One weight of the FLUX.2 network: its name in each layout and its shape.
public struct Flux2Weight: Sendable {
  /// The name in the diffusers layout, which is the suite's own.
  public let name: String
  /// The name in the layout of the first publication, also used by ComfyUI.
  public let originalName: String
  /// Where its rows stand under `originalName`.
  public let originalRows: OriginalRows
  /// The expected shape.
  public let shape: Shape
  /// The part of the network that runs it: a block's name, or `embedders`, `output`.
  public let block: String
}

/// The weights of FLUX.2, in the order of execution.
public enum Flux2Table {
  /// Every weight of a network with this configuration.
  public static func weights(of configuration: Flux2Configuration) -> [Flux2Weight] {
    var weights: [Flux2Weight] = []
    func add(_ rows: [Row], block: String, index: Int = 0) {
      for row in rows where configuration.hasGuidance || !row.needsGuidance {
        weights.append(row.weight(configuration, block: block, index: index))
      }
    }
    add(embedders, block: "embedders")
    for index in 0..<configuration.doubleBlockCount {
      add(doubleBlock, block: "transformer_blocks.\(index)", index: index)
    }
    for index in 0..<configuration.singleBlockCount {
      add(singleBlock, block: "single_transformer_blocks.\(index)", index: index)
    }
    add(output, block: "output")
    return weights
  }

  /// The parts of the network, in the order of execution.
  public static func blocks(of configuration: Flux2Configuration) -> [String] {
    ["embedders"]
      + (0..<configuration.doubleBlockCount).map { "transformer_blocks.\($0)" }
      + (0..<configuration.singleBlockCount).map { "single_transformer_blocks.\($0)" }
      + ["output"]
  }

  /// One line of the table; `{i}` stands for the block's index.
  private struct Row: Sendable {
    var name: String
    var originalName: String
    var originalRows = OriginalRows.whole
    var needsGuidance = false
    var shape: @Sendable (Flux2Configuration) -> [Int]

    func weight(_ configuration: Flux2Configuration, block: String, index: Int) -> Flux2Weight {
      Flux2Weight(
        name: name.replacing("{i}", with: String(index)),
        originalName: originalName.replacing("{i}", with: String(index)),
        originalRows: originalRows, shape: Shape(shape(configuration)), block: block)
    }
  }

  private static let embedders = [
    Row(name: "x_embedder.weight", originalName: "img_in.weight") {
      [$0.width, $0.inputChannels]
    },
    Row(name: "context_embedder.weight", originalName: "txt_in.weight") {
      [$0.width, $0.textSize]
    },
    Row(
      name: "time_guidance_embed.timestep_embedder.linear_1.weight",
      originalName: "time_in.in_layer.weight"
    ) { [$0.width, $0.timestepChannels] },
    Row(
      name: "time_guidance_embed.timestep_embedder.linear_2.weight",
      originalName: "time_in.out_layer.weight"
    ) { [$0.width, $0.width] },
    Row(
      name: "time_guidance_embed.guidance_embedder.linear_1.weight",
      originalName: "guidance_in.in_layer.weight", needsGuidance: true
    ) { [$0.width, $0.timestepChannels] },
    Row(
      name: "time_guidance_embed.guidance_embedder.linear_2.weight",
      originalName: "guidance_in.out_layer.weight", needsGuidance: true
    ) { [$0.width, $0.width] },
    Row(
      name: "double_stream_modulation_img.linear.weight",
      originalName: "double_stream_modulation_img.lin.weight"
    ) { [6 * $0.width, $0.width] },
    Row(
      name: "double_stream_modulation_txt.linear.weight",
      originalName: "double_stream_modulation_txt.lin.weight"
    ) { [6 * $0.width, $0.width] },
    Row(
      name: "single_stream_modulation.linear.weight",
      originalName: "single_stream_modulation.lin.weight"
    ) { [3 * $0.width, $0.width] },
  ]

  private static let doubleBlock =
    stream(
      original: "img", query: "to_q", key: "to_k", value: "to_v", queryNorm: "norm_q",
      keyNorm: "norm_k", projection: "to_out.0", feedForward: "ff")
    + stream(
      original: "txt", query: "add_q_proj", key: "add_k_proj", value: "add_v_proj",
      queryNorm: "norm_added_q", keyNorm: "norm_added_k", projection: "to_add_out",
      feedForward: "ff_context")

  /// One of the two streams of a double block.
  private static func stream(
    original: String, query: String, key: String, value: String, queryNorm: String,
    keyNorm: String, projection: String, feedForward: String
  ) -> [Row] {
    let attention = "transformer_blocks.{i}.attn"
    let from = "double_blocks.{i}.\(original)"
    let square: @Sendable (Flux2Configuration) -> [Int] = { [$0.width, $0.width] }
    return [
      Row(
        name: "\(attention).\(query).weight", originalName: "\(from)_attn.qkv.weight",
        originalRows: .part(0, of: 3), shape: square),
      Row(
        name: "\(attention).\(key).weight", originalName: "\(from)_attn.qkv.weight",
        originalRows: .part(1, of: 3), shape: square),
      Row(
        name: "\(attention).\(value).weight", originalName: "\(from)_attn.qkv.weight",
        originalRows: .part(2, of: 3), shape: square),
      Row(
        name: "\(attention).\(queryNorm).weight",
        originalName: "\(from)_attn.norm.query_norm.scale"
      ) { [$0.headSize] },
      Row(
        name: "\(attention).\(keyNorm).weight",
        originalName: "\(from)_attn.norm.key_norm.scale"
      ) { [$0.headSize] },
      Row(
        name: "\(attention).\(projection).weight", originalName: "\(from)_attn.proj.weight",
        shape: square),
      Row(
        name: "transformer_blocks.{i}.\(feedForward).linear_in.weight",
        originalName: "\(from)_mlp.0.weight"
      ) { [2 * $0.feedForwardSize, $0.width] },
      Row(
        name: "transformer_blocks.{i}.\(feedForward).linear_out.weight",
        originalName: "\(from)_mlp.2.weight"
      ) { [$0.width, $0.feedForwardSize] },
    ]
  }

  private static let singleBlock = [
    Row(
      name: "single_transformer_blocks.{i}.attn.to_qkv_mlp_proj.weight",
      originalName: "single_blocks.{i}.linear1.weight"
    ) { [3 * $0.width + 2 * $0.feedForwardSize, $0.width] },
    Row(
      name: "single_transformer_blocks.{i}.attn.norm_q.weight",
      originalName: "single_blocks.{i}.norm.query_norm.scale"
    ) { [$0.headSize] },
    Row(
      name: "single_transformer_blocks.{i}.attn.norm_k.weight",
      originalName: "single_blocks.{i}.norm.key_norm.scale"
    ) { [$0.headSize] },
    Row(
      name: "single_transformer_blocks.{i}.attn.to_out.weight",
      originalName: "single_blocks.{i}.linear2.weight"
    ) { [$0.width, $0.width + $0.feedForwardSize] },
  ]

  private static let output = [
    Row(
      name: "norm_out.linear.weight", originalName: "final_layer.adaLN_modulation.1.weight",
      originalRows: .swappedHalves
    ) { [2 * $0.width, $0.width] },
    Row(name: "proj_out.weight", originalName: "final_layer.linear.weight") {
      [$0.outputChannels, $0.width]
    },
  ]
}
