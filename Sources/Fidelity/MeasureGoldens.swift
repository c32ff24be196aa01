internal import Families
internal import MMDiT
internal import Parallel
internal import Sampling
public import Tensors

/// How far a candidate is from a golden at one step.
public struct StepFidelity: Sendable {
  /// The noise level at the beginning of the step.
  public let sigma: Float
  /// ‖v − v_golden‖ / ‖v_golden‖ at the golden latents.
  public let velocityRelativeError: Double
  /// The same of the negative prompt's prediction; nil without guidance.
  public let negativeVelocityRelativeError: Double?
  /// ‖x − x_golden‖ / ‖x_golden‖ of the latents after the step, in the candidate's own run.
  public let driftRelativeError: Double

  package init(
    sigma: Float, velocityRelativeError: Double, negativeVelocityRelativeError: Double?,
    driftRelativeError: Double
  ) {
    self.sigma = sigma
    self.velocityRelativeError = velocityRelativeError
    self.negativeVelocityRelativeError = negativeVelocityRelativeError
    self.driftRelativeError = driftRelativeError
  }
}

/// How far a candidate is from a golden run.
public struct GoldenFidelity: Sendable {
  public let id: String
  public let steps: [StepFidelity]
  /// The final latents of the candidate's own run, against the golden ones.
  public let latents: ErrorMetrics

  package init(id: String, steps: [StepFidelity], latents: ErrorMetrics) {
    self.id = id
    self.steps = steps
    self.latents = latents
  }

  /// The largest velocity error of any step.
  public var velocityRelativeError: Double {
    steps.map(\.velocityRelativeError).reduce(0, maximumOrNaN)
  }
}

/// The larger of two errors; NaN, which every limit refuses, when one is NaN.
private func maximumOrNaN(_ first: Double, _ second: Double) -> Double {
  first.isNaN || second.isNaN ? .nan : max(first, second)
}

/// Runs a candidate on golden runs: each step at the golden latents, and the whole run on its own.
///
/// The predictions at golden latents do not depend on each other, so they are batched: each weight
/// is decoded once for as many of them as `activationByteCount` allows. The same bound holds for
/// the runs that advance together. `predicted` is given every prediction at golden latents.
func measureGoldens(
  _ runs: [GoldenRun], with candidate: Candidate, activationByteCount: Int = 1 << 30,
  predicted: (GoldenRun, Prediction, [Float]) throws -> Void = { _, _, _ in },
  threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws -> [GoldenFidelity] {
  let configuration = try candidate.weights.flux2()
  let transformer = try Transformer(
    configuration: configuration, weights: candidate.weights)
  let tokenLimit = activationByteCount / transformer.activationByteCountPerToken
  let predictions = runs.indices.flatMap { run in runs[run].predictions(run: run) }
  let batches = grouped(predictions, limit: tokenLimit) { runs[$0.run].tokenCount }
  let groups = grouped(Array(runs.indices), limit: tokenLimit) { 2 * runs[$0].tokenCount }
  let tokens = predictions.reduce(0) { $0 + runs[$1.run].tokenCount }
  monitor.begin("run \(candidate.name)", total: 2 * tokens, unit: .tokens)
  var velocityErrors = runs.map { [Double](repeating: 0, count: $0.golden.steps) }
  var negativeErrors = velocityErrors
  for batch in batches {
    let velocities = try transformer.velocities(
      for: batch.map { runs[$0.run].input($0, configuration) }, threads: threads,
      monitor: monitor.portion(
        of: batch.reduce(0) { $0 + runs[$1.run].tokenCount }, stepCount: transformer.blockCount))
    for (prediction, velocity) in zip(batch, velocities) {
      try predicted(runs[prediction.run], prediction, velocity)
      let error = relativeError(of: velocity, from: runs[prediction.run].expected(prediction))
      if prediction.isNegative {
        negativeErrors[prediction.run][prediction.step] = error
      } else {
        velocityErrors[prediction.run][prediction.step] = error
      }
    }
  }
  var drifts = velocityErrors
  var finals = runs.map { _ in ErrorMetrics() }
  for group in groups {
    let stepCount = group.map { runs[$0].golden.steps }.max() ?? 0
    let latents = try EulerSampler(transformer).sample(
      try group.map { try runs[$0].samplingRun(configuration) }, threads: threads,
      monitor: monitor.portion(
        of: group.reduce(0) { $0 + runs[$1].predictionCount * runs[$1].tokenCount },
        stepCount: stepCount * transformer.blockCount)
    ) { step in
      let run = group[step.run]
      drifts[run][step.step] = relativeError(
        of: step.latents, from: runs[run].trajectory[step.step + 1])
    }
    for (run, latents) in zip(group, latents) {
      let expected = runs[run].trajectory[runs[run].golden.steps]
      finals[run].add(reference: expected.span, candidate: latents.span)
    }
  }
  return runs.indices.map { run in
    GoldenFidelity(
      id: runs[run].golden.id,
      steps: (0..<runs[run].golden.steps).map { step in
        StepFidelity(
          sigma: runs[run].sigmas[step], velocityRelativeError: velocityErrors[run][step],
          negativeVelocityRelativeError: runs[run].negativeVelocities == nil
            ? nil : negativeErrors[run][step],
          driftRelativeError: drifts[run][step])
      },
      latents: finals[run])
  }
}

private func relativeError(of values: [Float], from expected: [Float]) -> Double {
  var metrics = ErrorMetrics()
  metrics.add(reference: expected.span, candidate: values.span)
  return metrics.relativeError
}
