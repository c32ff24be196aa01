internal import Families
internal import Tensors

/// A weight the network reads: its diffusers name and shape.
struct RequiredWeight {
  let name: String
  let shape: Shape

  init(_ name: String, _ extents: Int...) {
    self.name = name
    self.shape = Shape(extents)
  }
}

extension Flux2Configuration {
  /// Every weight of the network, in the order of use. Linear weights are `[outputs, inputs]`.
  var requiredWeights: [RequiredWeight] {
    let (d, m, k, c) = (width, feedForwardSize, headSize, timestepChannels)
    var weights = [
      RequiredWeight("time_guidance_embed.timestep_embedder.linear_1.weight", d, c),
      RequiredWeight("time_guidance_embed.timestep_embedder.linear_2.weight", d, d),
    ]
    if hasGuidance {
      weights += [
        RequiredWeight("time_guidance_embed.guidance_embedder.linear_1.weight", d, c),
        RequiredWeight("time_guidance_embed.guidance_embedder.linear_2.weight", d, d),
      ]
    }
    weights += [
      RequiredWeight("double_stream_modulation_img.linear.weight", 6 * d, d),
      RequiredWeight("double_stream_modulation_txt.linear.weight", 6 * d, d),
      RequiredWeight("single_stream_modulation.linear.weight", 3 * d, d),
      RequiredWeight("norm_out.linear.weight", 2 * d, d),
      RequiredWeight("x_embedder.weight", d, inputChannels),
      RequiredWeight("context_embedder.weight", d, textSize),
    ]
    for index in 0..<doubleBlockCount {
      let block = "transformer_blocks.\(index)"
      for name in ["to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj"] {
        weights.append(RequiredWeight("\(block).attn.\(name).weight", d, d))
      }
      for name in ["norm_q", "norm_k", "norm_added_q", "norm_added_k"] {
        weights.append(RequiredWeight("\(block).attn.\(name).weight", k))
      }
      for name in ["to_out.0", "to_add_out"] {
        weights.append(RequiredWeight("\(block).attn.\(name).weight", d, d))
      }
      for name in ["ff", "ff_context"] {
        weights.append(RequiredWeight("\(block).\(name).linear_in.weight", 2 * m, d))
        weights.append(RequiredWeight("\(block).\(name).linear_out.weight", d, m))
      }
    }
    for index in 0..<singleBlockCount {
      let block = "single_transformer_blocks.\(index).attn"
      weights += [
        RequiredWeight("\(block).to_qkv_mlp_proj.weight", 3 * d + 2 * m, d),
        RequiredWeight("\(block).norm_q.weight", k),
        RequiredWeight("\(block).norm_k.weight", k),
        RequiredWeight("\(block).to_out.weight", d, d + m),
      ]
    }
    weights.append(RequiredWeight("proj_out.weight", outputChannels, d))
    return weights
  }
}
