public import Safetensors
internal import Storage
internal import Tensors

/// A tensor with its values, for tests that write files.
public struct NamedTensor: Sendable {
  public var name: String
  public var extents: [Int]
  public var values: [Float]

  public init(_ name: String, _ extents: [Int], _ values: [Float]) {
    self.name = name
    self.extents = extents
    self.values = values
  }
}

/// A FLUX.2 network of a few thousand weights, in the names of both layouts.
///
/// Every value is a different integer, so that a test that finds a value knows where it came from.
/// The two layouts are stated here by hand, row by row, and not by the table under test.
public enum TinyFlux2 {
  public static let width = 16
  public static let headSize = 8
  public static let feedForwardSize = 48
  public static let channels = 8
  public static let textSize = 24
  public static let timestepChannels = 32
  public static let blockCount = 2

  /// The `config.json` of the network, with some members replaced or added.
  public static func configuration(
    hasGuidance: Bool = true, replacing changes: [String: String] = [:]
  ) -> String {
    var members = [
      "_class_name": "\"Flux2Transformer2DModel\"", "num_attention_heads": "2",
      "attention_head_dim": "8", "num_layers": "2", "num_single_layers": "2",
      "joint_attention_dim": "24", "in_channels": "8", "out_channels": "null",
      "mlp_ratio": "3.0", "axes_dims_rope": "[2, 2, 2, 2]", "rope_theta": "2000", "eps": "1e-06",
      "timestep_guidance_channels": "32", "guidance_embeds": "\(hasGuidance)",
    ]
    members.merge(changes) { $1 }
    let lines = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    return "{" + lines.joined(separator: ", ") + "}"
  }

  /// The tensors in the names of the first publication.
  public static func original(
    prefix: String = "", norm: String = "scale", hasGuidance: Bool = true
  ) -> [NamedTensor] {
    var next: Float = 1
    func tensor(_ name: String, _ extents: Int...) -> NamedTensor {
      let count = extents.reduce(1, *)
      defer { next += Float(count) }
      return NamedTensor(prefix + name, extents, (0..<count).map { next + Float($0) })
    }
    let (d, m, k) = (width, feedForwardSize, headSize)
    var tensors = [
      tensor("img_in.weight", d, channels), tensor("txt_in.weight", d, textSize),
      tensor("time_in.in_layer.weight", d, timestepChannels),
      tensor("time_in.out_layer.weight", d, d),
      tensor("double_stream_modulation_img.lin.weight", 6 * d, d),
      tensor("double_stream_modulation_txt.lin.weight", 6 * d, d),
      tensor("single_stream_modulation.lin.weight", 3 * d, d),
    ]
    for block in 0..<blockCount {
      for stream in ["img", "txt"] {
        let name = "double_blocks.\(block).\(stream)"
        tensors += [
          tensor("\(name)_attn.qkv.weight", 3 * d, d),
          tensor("\(name)_attn.norm.query_norm.\(norm)", k),
          tensor("\(name)_attn.norm.key_norm.\(norm)", k),
          tensor("\(name)_attn.proj.weight", d, d), tensor("\(name)_mlp.0.weight", 2 * m, d),
          tensor("\(name)_mlp.2.weight", d, m),
        ]
      }
    }
    for block in 0..<blockCount {
      let name = "single_blocks.\(block)"
      tensors += [
        tensor("\(name).linear1.weight", 3 * d + 2 * m, d),
        tensor("\(name).linear2.weight", d, d + m),
        tensor("\(name).norm.query_norm.\(norm)", k), tensor("\(name).norm.key_norm.\(norm)", k),
      ]
    }
    tensors += [
      tensor("final_layer.adaLN_modulation.1.weight", 2 * d, d),
      tensor("final_layer.linear.weight", channels, d),
    ]
    guard hasGuidance else { return tensors }
    return tensors + [
      tensor("guidance_in.in_layer.weight", d, timestepChannels),
      tensor("guidance_in.out_layer.weight", d, d),
    ]
  }

  /// The same tensors in the names of diffusers: fused rows apart, the final halves swapped.
  public static func diffusers(hasGuidance: Bool = true) -> [NamedTensor] {
    original(hasGuidance: hasGuidance).flatMap(renamed)
  }

  /// What becomes of one tensor of the original layout.
  private static func renamed(_ tensor: NamedTensor) -> [NamedTensor] {
    let parts = tensor.name.split(separator: ".").map(String.init)
    func one(_ name: String) -> [NamedTensor] {
      [NamedTensor(name, tensor.extents, tensor.values)]
    }
    func thirds(_ names: [String]) -> [NamedTensor] {
      let count = tensor.values.count / 3
      return names.enumerated().map { index, name in
        NamedTensor(
          name, [tensor.extents[0] / 3, tensor.extents[1]],
          Array(tensor.values[index * count..<(index + 1) * count]))
      }
    }
    switch parts[0] {
    case "img_in": return one("x_embedder.weight")
    case "txt_in": return one("context_embedder.weight")
    case "time_in", "guidance_in":
      let layer = parts[1] == "in_layer" ? "linear_1" : "linear_2"
      let embedder = parts[0] == "time_in" ? "timestep" : "guidance"
      return one("time_guidance_embed.\(embedder)_embedder.\(layer).weight")
    case "double_stream_modulation_img", "double_stream_modulation_txt",
      "single_stream_modulation":
      return one("\(parts[0]).linear.weight")
    case "double_blocks":
      let block = "transformer_blocks.\(parts[1])"
      let isImage = parts[2].hasPrefix("img")
      let feedForward = isImage ? "ff" : "ff_context"
      switch (parts[2].dropFirst(4), parts[3], parts[4]) {
      case ("attn", "qkv", _):
        let names =
          isImage ? ["to_q", "to_k", "to_v"] : ["add_q_proj", "add_k_proj", "add_v_proj"]
        return thirds(names.map { "\(block).attn.\($0).weight" })
      case ("attn", "norm", let which):
        let norm = isImage ? "norm" : "norm_added"
        return one("\(block).attn.\(norm)_\(which == "query_norm" ? "q" : "k").weight")
      case ("attn", _, _): return one("\(block).attn.\(isImage ? "to_out.0" : "to_add_out").weight")
      case (_, "0", _): return one("\(block).\(feedForward).linear_in.weight")
      default: return one("\(block).\(feedForward).linear_out.weight")
      }
    case "single_blocks":
      let attention = "single_transformer_blocks.\(parts[1]).attn"
      switch parts[2] {
      case "linear1": return one("\(attention).to_qkv_mlp_proj.weight")
      case "linear2": return one("\(attention).to_out.weight")
      default: return one("\(attention).norm_\(parts[3] == "query_norm" ? "q" : "k").weight")
      }
    default:
      guard parts[1] == "adaLN_modulation" else { return one("proj_out.weight") }
      let half = tensor.values.count / 2
      return [
        NamedTensor(
          "norm_out.linear.weight", tensor.extents,
          Array(tensor.values[half...] + tensor.values[..<half]))
      ]
    }
  }
}

extension TemporaryFolder {
  /// Writes a safetensors file of float32 tensors and returns its path.
  @discardableResult
  public func write(
    _ name: String, _ tensors: [NamedTensor],
    metadata: [SafetensorsHeader.MetadataEntry] = []
  ) throws -> String {
    let path = path(name)
    let layout = try SafetensorsLayout(
      tensors.map { .init(name: $0.name, elementType: .float32, shape: Shape($0.extents)) },
      metadata: metadata, path: path)
    let writer = try SafetensorsWriter.create(path, layout: layout)
    for tensor in tensors {
      let bytes = tensor.values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      }
      try writer.write(bytes.rawBytes, of: tensor.name, at: 0)
    }
    try writer.commit()
    return path
  }
}
