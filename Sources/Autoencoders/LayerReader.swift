internal import Operations
internal import Tensors

/// Reads layers by their diffusers names, each when it is used: no more than one block's weights are
/// alive at once.
///
/// That every weight is there with its shape was checked when the autoencoder was made.
struct LayerReader: Sendable {
  let weights: any WeightSource

  func norm(_ name: String) throws -> GroupNorm {
    GroupNorm(
      weights: try weights.values(of: "\(name).weight"),
      biases: try weights.values(of: "\(name).bias"))
  }

  func convolution(
    _ name: String, _ sampling: Convolution.Sampling = .same
  ) throws -> Convolution {
    let kernel = try weights.values(of: "\(name).weight")
    let biases = try weights.values(of: "\(name).bias")
    return Convolution(
      kernel: kernel, inputs: kernel.count / (9 * biases.count), biases: biases,
      sampling: sampling)
  }

  func pointwise(_ name: String) throws -> PointwiseLayer {
    let values = try weights.values(of: "\(name).weight")
    let biases = try weights.values(of: "\(name).bias")
    return PointwiseLayer(
      weights: Matrix(rows: biases.count, columns: values.count / biases.count, values: values),
      biases: biases)
  }

  func residualBlock(_ name: String) throws -> ResidualBlock {
    let shortcut = "\(name).conv_shortcut"
    return ResidualBlock(
      norm1: try norm("\(name).norm1"), conv1: try convolution("\(name).conv1"),
      norm2: try norm("\(name).norm2"), conv2: try convolution("\(name).conv2"),
      shortcut: weights.weight(named: "\(shortcut).weight") == nil
        ? nil : try pointwise(shortcut))
  }

  func attention(_ name: String) throws -> PixelAttention {
    PixelAttention(
      norm: try norm("\(name).group_norm"), query: try pointwise("\(name).to_q"),
      key: try pointwise("\(name).to_k"), value: try pointwise("\(name).to_v"),
      output: try pointwise("\(name).to_out.0"))
  }
}
