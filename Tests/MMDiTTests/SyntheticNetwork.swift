import Families
import Glibc
import MMDiT

/// A network small enough to state its weights by a formula, with every kind of weight in it.
enum SyntheticNetwork {
  static let configuration = Flux2Configuration(
    headCount: 2, headSize: 16, doubleBlockCount: 2, singleBlockCount: 2, textSize: 24,
    inputChannels: 8, outputChannels: 8, feedForwardSize: 96, rotaryAxes: [4, 4, 4, 4],
    rotaryBase: 2000, epsilon: 1e-6, timestepChannels: 256, hasGuidance: true)

  /// The 43 tensors in the names and shapes of the first publication.
  private static var originalShapes: [String: [Int]] {
    let (d, m) = (32, 96)
    var shapes = [
      "img_in.weight": [d, 8], "txt_in.weight": [d, 24],
      "time_in.in_layer.weight": [d, 256], "time_in.out_layer.weight": [d, d],
      "guidance_in.in_layer.weight": [d, 256], "guidance_in.out_layer.weight": [d, d],
      "double_stream_modulation_img.lin.weight": [6 * d, d],
      "double_stream_modulation_txt.lin.weight": [6 * d, d],
      "single_stream_modulation.lin.weight": [3 * d, d],
      "final_layer.adaLN_modulation.1.weight": [2 * d, d], "final_layer.linear.weight": [8, d],
    ]
    for block in 0..<2 {
      for stream in ["img", "txt"] {
        let name = "double_blocks.\(block).\(stream)"
        shapes["\(name)_attn.qkv.weight"] = [3 * d, d]
        shapes["\(name)_attn.norm.query_norm.scale"] = [16]
        shapes["\(name)_attn.norm.key_norm.scale"] = [16]
        shapes["\(name)_attn.proj.weight"] = [d, d]
        shapes["\(name)_mlp.0.weight"] = [2 * m, d]
        shapes["\(name)_mlp.2.weight"] = [d, m]
      }
      let name = "single_blocks.\(block)"
      shapes["\(name).linear1.weight"] = [3 * d + 2 * m, d]
      shapes["\(name).linear2.weight"] = [d, d + m]
      shapes["\(name).norm.query_norm.scale"] = [16]
      shapes["\(name).norm.key_norm.scale"] = [16]
    }
    return shapes
  }

  /// Tensor t of the bytewise sorted names, element j: b = sin(0.7 (j + 1) + t); matrices hold
  /// 0.25 b, vectors 1 + 0.1 b.
  private static func originalTensors() -> [String: [Float]] {
    let shapes = originalShapes
    let names = shapes.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    var tensors: [String: [Float]] = [:]
    for (t, name) in names.enumerated() {
      let shape = shapes[name] ?? []
      tensors[name] = (0..<shape.reduce(1, *)).map { j in
        let base = sin(0.7 * Double(j + 1) + Double(t))
        return Float(shape.count == 1 ? 1 + 0.1 * base : 0.25 * base)
      }
    }
    return tensors
  }

  /// The same weights under diffusers names, fused rows split and the final halves swapped.
  static func weights() -> MemoryWeights {
    let original = originalTensors()
    let shapes = originalShapes
    var renamed: [String: (shape: [Int], values: [Float])] = [:]
    /// Rows `rows` of an original matrix, all of it by default.
    func take(_ name: String, as target: String, rows: Range<Int>? = nil) {
      guard let shape = shapes[name], let values = original[name] else {
        preconditionFailure("no tensor \(name)")
      }
      guard let rows else {
        renamed[target] = (shape, values)
        return
      }
      renamed[target] = (
        [rows.count, shape[1]],
        Array(values[rows.lowerBound * shape[1]..<rows.upperBound * shape[1]])
      )
    }
    take("img_in.weight", as: "x_embedder.weight")
    take("txt_in.weight", as: "context_embedder.weight")
    for (from, to) in [("time_in", "timestep_embedder"), ("guidance_in", "guidance_embedder")] {
      take("\(from).in_layer.weight", as: "time_guidance_embed.\(to).linear_1.weight")
      take("\(from).out_layer.weight", as: "time_guidance_embed.\(to).linear_2.weight")
    }
    for name in [
      "double_stream_modulation_img", "double_stream_modulation_txt", "single_stream_modulation",
    ] {
      take("\(name).lin.weight", as: "\(name).linear.weight")
    }
    for block in 0..<2 {
      let from = "double_blocks.\(block)"
      let to = "transformer_blocks.\(block)"
      for (part, name) in ["to_q", "to_k", "to_v"].enumerated() {
        take(
          "\(from).img_attn.qkv.weight", as: "\(to).attn.\(name).weight",
          rows: 32 * part..<32 * (part + 1))
      }
      for (part, name) in ["add_q_proj", "add_k_proj", "add_v_proj"].enumerated() {
        take(
          "\(from).txt_attn.qkv.weight", as: "\(to).attn.\(name).weight",
          rows: 32 * part..<32 * (part + 1))
      }
      for (stream, norm, projection, feedForward) in [
        ("img", "norm", "to_out.0", "ff"), ("txt", "norm_added", "to_add_out", "ff_context"),
      ] {
        take("\(from).\(stream)_attn.norm.query_norm.scale", as: "\(to).attn.\(norm)_q.weight")
        take("\(from).\(stream)_attn.norm.key_norm.scale", as: "\(to).attn.\(norm)_k.weight")
        take("\(from).\(stream)_attn.proj.weight", as: "\(to).attn.\(projection).weight")
        take("\(from).\(stream)_mlp.0.weight", as: "\(to).\(feedForward).linear_in.weight")
        take("\(from).\(stream)_mlp.2.weight", as: "\(to).\(feedForward).linear_out.weight")
      }
      let single = "single_transformer_blocks.\(block).attn"
      take("single_blocks.\(block).linear1.weight", as: "\(single).to_qkv_mlp_proj.weight")
      take("single_blocks.\(block).linear2.weight", as: "\(single).to_out.weight")
      take("single_blocks.\(block).norm.query_norm.scale", as: "\(single).norm_q.weight")
      take("single_blocks.\(block).norm.key_norm.scale", as: "\(single).norm_k.weight")
    }
    take("final_layer.linear.weight", as: "proj_out.weight")
    // Shift and scale there, scale and shift here.
    take("final_layer.adaLN_modulation.1.weight", as: "norm_out.linear.weight")
    if let (shape, values) = renamed["norm_out.linear.weight"] {
      let half = values.count / 2
      renamed["norm_out.linear.weight"] = (shape, Array(values[half...] + values[..<half]))
    }
    return MemoryWeights(renamed)
  }

  /// The input of the recorded prediction, or one of another size made in the same way.
  static func input(
    grid: TokenGrid = TokenGrid(height: 2, width: 3), textTokens: Int = 3, sigma: Float = 0.7,
    references: [ReferenceTokens] = []
  ) -> TransformerInput {
    TransformerInput(
      latents: (0..<grid.height * grid.width * 8).map { Float(cos(0.3 * Double($0))) }, grid: grid,
      references: references,
      text: (0..<textTokens * 24).map { Float(cos(0.5 * Double($0) + 1)) }, sigma: sigma,
      guidance: 4)
  }
}
