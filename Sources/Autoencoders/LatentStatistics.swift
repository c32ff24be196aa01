package import Tensors

/// The mean and the deviation of each channel of a token, which the training has counted: tokens of
/// the sampler are (z − mean) / deviation of what the autoencoder knows.
package struct LatentStatistics: Sendable {
  /// `[4C]` each.
  package let means: [Float]
  /// √(variance + epsilon) in float32, as the pipelines compute it.
  package let deviations: [Float]

  /// Reads `bn.running_mean` and `bn.running_var`.
  ///
  /// Throws `AutoencoderFailure.number` for a mean that is not finite or a variance below 0, and
  /// what the source throws.
  package init(_ weights: any WeightSource, epsilon: Float) throws {
    means = try weights.values(of: "bn.running_mean")
    let variances = try weights.values(of: "bn.running_var")
    for (name, values, lowest) in [
      ("bn.running_mean", means, -Float.greatestFiniteMagnitude), ("bn.running_var", variances, 0),
    ] {
      for (channel, value) in values.enumerated() where !(value.isFinite && value >= lowest) {
        throw AutoencoderFailure.number(
          origin: weights.origin, subject: "tensor \"\(name)\", value \(channel)",
          expected: lowest == 0 ? "a finite number of at least 0" : "a finite number",
          found: "\(value)")
      }
    }
    deviations = variances.map { ($0 + epsilon).squareRoot() }
    for (channel, deviation) in deviations.enumerated() where !(deviation > 0) {
      throw AutoencoderFailure.number(
        origin: weights.origin, subject: "tensor \"bn.running_var\", value \(channel)",
        expected: "a variance above 0 when epsilon is 0", found: "\(variances[channel])")
    }
  }

  /// Latents of tokens `[T, 4C]` in rows from the top left: z = token · deviation + mean.
  package func latents(ofTokens tokens: [Float], gridHeight: Int, gridWidth: Int) -> Latents {
    let channels = means.count / 4
    var values = [Float](repeating: 0, count: tokens.count)
    Latents.pairIndices(channels: channels, gridHeight: gridHeight, gridWidth: gridWidth) {
      values[$1] = tokens[$0] * deviations[$2] + means[$2]
    }
    return Latents(
      channels: channels, height: 2 * gridHeight, width: 2 * gridWidth, values: values)
  }

  /// Tokens `[T, 4C]` of latents of even height and width: (z − mean) / deviation.
  package func tokens(of latents: Latents) -> [Float] {
    var tokens = [Float](repeating: 0, count: latents.values.count)
    Latents.pairIndices(
      channels: latents.channels, gridHeight: latents.height / 2, gridWidth: latents.width / 2
    ) {
      tokens[$0] = (latents.values[$1] - means[$2]) / deviations[$2]
    }
    return tokens
  }
}
