internal import Families
internal import MMDiT
internal import Sampling

/// One prediction of a golden run.
struct Prediction {
  var run: Int
  var step: Int
  var isNegative: Bool
}

extension GoldenRun {
  /// The predictions of all steps, for the prompt and, with guidance, for the negative prompt.
  var predictionCount: Int { (negativeVelocities == nil ? 1 : 2) * golden.steps }

  /// Every prediction that the run has.
  func predictions(run: Int) -> [Prediction] {
    (0..<golden.steps).flatMap { step in
      (negativeVelocities == nil ? [false] : [false, true]).map {
        Prediction(run: run, step: step, isNegative: $0)
      }
    }
  }

  /// The golden value of a prediction.
  func expected(_ prediction: Prediction) -> [Float] {
    guard prediction.isNegative, let negativeVelocities else { return velocities[prediction.step] }
    return negativeVelocities[prediction.step]
  }

  /// The tokens of one prediction: text, latents and references.
  var tokenCount: Int {
    golden.textTokenCount + (golden.grid.tokenCount ?? 0)
      + references.reduce(0) { $0 + ($1.grid.tokenCount ?? 0) }
  }

  /// What the network sees at the golden latents.
  func input(_ prediction: Prediction, _ configuration: Flux2Configuration) -> TransformerInput {
    TransformerInput(
      latents: trajectory[prediction.step], grid: golden.grid, references: references,
      text: prediction.isNegative ? negativeText ?? text : text, sigma: sigmas[prediction.step],
      guidance: configuration.hasGuidance ? golden.guidance : nil)
  }

  /// The same run for the sampler.
  func samplingRun(_ configuration: Flux2Configuration) throws -> SamplingRun {
    guard golden.guidance <= 1 || negativeText != nil || configuration.hasGuidance else {
      throw FidelityFailure.missingTensor(
        path: path, name: "\(golden.id).negative_velocity")
    }
    return SamplingRun(
      noise: noise, grid: golden.grid, references: references, text: text,
      negativeText: negativeText, guidance: golden.guidance,
      embeddedGuidance: configuration.hasGuidance ? golden.guidance : nil,
      schedule: try FlowMatchSchedule(sigmas: sigmas))
  }
}
