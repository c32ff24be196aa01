internal import MMDiT
internal import Safetensors
internal import Sampling
internal import StrictJSON
internal import Tensors

extension Golden {
  /// The pixels along each side of a latent token: eight from the autoencoder, two from packing.
  private static let pixelsPerToken = 16
  private static let defaultPixels = 128
  private static let largestPixels = 1 << 16

  /// Reads one entry of the document; defaults are those of formats/golden-set.md.
  init(document: JSONField, tensors: SafetensorsCheckpoint) throws {
    func pixels(_ key: String) throws -> Int {
      guard let field = try document.optional(key) else { return Self.defaultPixels }
      return try field.integer(in: Self.pixelsPerToken...Self.largestPixels)
    }
    let id = try document["id"].string()
    let loras = try document.optional("loras")?.array().map { try $0["path"].string() } ?? []
    guard let text = tensors.weight(named: "\(id).prompt_embeds") else {
      throw FidelityFailure.missingTensor(path: tensors.origin, name: "\(id).prompt_embeds")
    }
    self.init(
      id: id, prompt: try document.optional("prompt")?.string() ?? "",
      steps: try document["steps"].integer(in: 1...1 << 16),
      guidance: Float(try document["guidance"].double()),
      grid: TokenGrid(
        height: try pixels("height") / Self.pixelsPerToken,
        width: try pixels("width") / Self.pixelsPerToken),
      textTokenCount: text.shape.rows, reference: try document.optional("reference")?.string(),
      loras: loras)
  }
}

extension GoldenRun {
  /// x₀ = noise, xᵢ₊₁ = xᵢ + (σᵢ₊₁ − σᵢ) · vᵢ, with guidance in vᵢ.
  static func trajectory(
    from noise: [Float], sigmas: [Float], velocities: [[Float]], negative: [[Float]]?,
    guidance: Float
  ) -> [[Float]] {
    var latents = [noise]
    for (step, velocity) in velocities.enumerated() {
      let guided =
        negative.map { EulerSampler.guide(velocity, away: $0[step], strength: guidance) }
        ?? velocity
      var next = latents[step]
      EulerSampler.advance(&next, along: guided, by: sigmas[step + 1] - sigmas[step])
      latents.append(next)
    }
    return latents
  }
}
