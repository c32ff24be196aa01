package import Families
package import MMDiT
package import Sampling

/// One prediction of a golden run.
package struct Prediction: Sendable {
  /// The run's index among those that are measured together.
  package var run: Int
  package var step: Int
  package var isNegative: Bool

  package init(run: Int, step: Int, isNegative: Bool) {
    self.run = run
    self.step = step
    self.isNegative = isNegative
  }
}

extension GoldenRun {
  /// The predictions of all steps, for the prompt and, with guidance, for the negative prompt.
  package var predictionCount: Int { (negativeVelocities == nil ? 1 : 2) * golden.steps }

  /// Every prediction that the run has, in order of steps, that of the prompt first.
  package func predictions(run: Int) -> [Prediction] {
    (0..<golden.steps).flatMap { step in
      (negativeVelocities == nil ? [false] : [false, true]).map {
        Prediction(run: run, step: step, isNegative: $0)
      }
    }
  }

  /// The golden value of a prediction.
  package func expected(_ prediction: Prediction) -> [Float] {
    guard prediction.isNegative, let negativeVelocities else { return velocities[prediction.step] }
    return negativeVelocities[prediction.step]
  }

  /// The tokens of one prediction: text, latents and references.
  package var tokenCount: Int {
    golden.textTokenCount + (golden.grid.tokenCount ?? 0)
      + references.reduce(0) { $0 + ($1.grid.tokenCount ?? 0) }
  }

  /// What the network sees at the golden latents.
  package func input(
    _ prediction: Prediction, _ configuration: Flux2Configuration
  ) -> TransformerInput {
    TransformerInput(
      latents: trajectory[prediction.step], grid: golden.grid, references: references,
      text: prediction.isNegative ? negativeText ?? text : text, sigma: sigmas[prediction.step],
      guidance: configuration.hasGuidance ? golden.guidance : nil)
  }

  /// The same run for the sampler.
  package func samplingRun(_ configuration: Flux2Configuration) throws -> SamplingRun {
    guard golden.guidance <= 1 || negativeText != nil || configuration.hasGuidance else {
      throw GoldenFailure.missingTensor(
        path: path, name: GoldenTensor.negativeVelocity.name(of: golden.id))
    }
    return SamplingRun(
      noise: noise, grid: golden.grid, references: references, text: text,
      negativeText: negativeText, guidance: golden.guidance,
      embeddedGuidance: configuration.hasGuidance ? golden.guidance : nil,
      schedule: try FlowMatchSchedule(sigmas: sigmas))
  }
}
