public import Images
public import MMDiT
internal import Sampling

/// The tensors of a golden run.
public struct GoldenRun: Sendable {
  /// The set's file.
  public let path: String
  public let golden: Golden
  /// The initial latents, `[T, C]`.
  public let noise: [Float]
  /// The prompt embedding, `[L, J]`.
  public let text: [Float]
  /// The embedding of the negative prompt; nil without guidance.
  public let negativeText: [Float]?
  public let references: [ReferenceTokens]
  /// The noise levels, one for the beginning of each step and a last one.
  public let sigmas: [Float]
  /// The prediction of each step, `[T, C]`.
  public let velocities: [[Float]]
  /// The prediction of each step for the negative prompt; nil without guidance.
  public let negativeVelocities: [[Float]]?
  /// What the autoencoder decodes, `[C / 4, height / 8, width / 8]`; nil when the set has no pictures.
  public let decoderLatents: [Float]?
  /// The picture; nil when the set has none.
  public let image: Image?
  /// The latents before each step and after the last, by Euler from noise and velocities.
  public let trajectory: [[Float]]

  /// A run as it was recorded; its trajectory follows.
  package init(
    path: String, golden: Golden, noise: [Float], text: [Float], negativeText: [Float]? = nil,
    references: [ReferenceTokens] = [], sigmas: [Float], velocities: [[Float]],
    negativeVelocities: [[Float]]? = nil, decoderLatents: [Float]? = nil, image: Image? = nil
  ) {
    self.path = path
    self.golden = golden
    self.noise = noise
    self.text = text
    self.negativeText = negativeText
    self.references = references
    self.sigmas = sigmas
    self.velocities = velocities
    self.negativeVelocities = negativeVelocities
    self.decoderLatents = decoderLatents
    self.image = image
    // x₀ = noise, xᵢ₊₁ = xᵢ + (σᵢ₊₁ − σᵢ) · vᵢ, with guidance in vᵢ.
    var latents = [noise]
    for (step, velocity) in velocities.enumerated() {
      let guided =
        negativeVelocities.map {
          EulerSampler.guide(velocity, away: $0[step], strength: golden.guidance)
        } ?? velocity
      var next = latents[step]
      EulerSampler.advance(&next, along: guided, by: sigmas[step + 1] - sigmas[step])
      latents.append(next)
    }
    trajectory = latents
  }

  /// negative + g · (positive − negative) of a step; nil without guidance.
  package func guidedVelocity(step: Int) -> [Float]? {
    negativeVelocities.map {
      EulerSampler.guide(velocities[step], away: $0[step], strength: golden.guidance)
    }
  }
}
