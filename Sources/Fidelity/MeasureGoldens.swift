internal import Goldens
internal import MMDiT
internal import Parallel
internal import Sampling
internal import Tensors

/// Runs a candidate on golden runs: each step at the golden latents, and the whole run on its own.
///
/// The predictions at golden latents do not depend on each other, so they are batched: each weight
/// is decoded once for as many of them as `activationByteCount` allows. The same bound holds for
/// the runs that advance together. `predicted` is given every prediction at golden latents,
/// `finished`, when all runs are done, the final latents `[T, C]` of every run of its own.
func measureGoldens(
  _ runs: [GoldenRun], with candidate: Candidate, activationByteCount: Int = 1 << 30,
  predicted: (GoldenRun, Prediction, [Float]) throws -> Void = { _, _, _ in },
  finished: (GoldenRun, [Float]) throws -> PictureFidelity? = { _, _ in nil },
  threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws -> [GoldenFidelity] {
  let transformer = try candidate.transformer()
  let configuration = transformer.configuration
  let tokenLimit = activationByteCount / transformer.activationByteCountPerToken
  let predictions = runs.indices.flatMap { run in runs[run].predictions(run: run) }
  let batches = grouped(predictions, limit: tokenLimit) { runs[$0.run].tokenCount }
  let groups = grouped(Array(runs.indices), limit: tokenLimit) { 2 * runs[$0].tokenCount }
  let tokens = predictions.reduce(0) { $0 + runs[$1.run].tokenCount }
  monitor.begin("run \(candidate.name)", total: 2 * tokens, unit: .tokens)
  var velocityErrors = runs.map { [Double](repeating: 0, count: $0.golden.steps) }
  var negativeErrors = velocityErrors
  var guidedErrors = velocityErrors
  // The prediction for the prompt, until that for the negative prompt follows.
  var positive: [Float] = []
  // One for both parts, so that what the first one took does not stand beside the second.
  let memory = PassMemory()
  for batch in batches {
    let velocities = try transformer.velocities(
      for: batch.map { runs[$0.run].input($0, configuration) }, threads: threads,
      memory: memory,
      monitor: monitor.portion(
        of: batch.reduce(0) { $0 + runs[$1.run].tokenCount }, stepCount: transformer.blockCount))
    for (prediction, velocity) in zip(batch, velocities) {
      let (run, step) = (runs[prediction.run], prediction.step)
      try predicted(run, prediction, velocity)
      let error = relativeError(of: velocity, from: run.expected(prediction))
      guard prediction.isNegative else {
        velocityErrors[prediction.run][step] = error
        positive = velocity
        continue
      }
      negativeErrors[prediction.run][step] = error
      let guided = EulerSampler.guide(positive, away: velocity, strength: run.golden.guidance)
      guidedErrors[prediction.run][step] = relativeError(
        of: guided, from: run.guidedVelocity(step: step) ?? [])
    }
  }
  var drifts = runs.map { [ErrorMetrics](repeating: ErrorMetrics(), count: $0.golden.steps) }
  var finals = [[Float]](repeating: [], count: runs.count)
  for group in groups {
    let stepCount = group.map { runs[$0].golden.steps }.max() ?? 0
    let latents = try EulerSampler(transformer).sample(
      try group.map { try runs[$0].samplingRun(configuration) }, threads: threads,
      memory: memory,
      monitor: monitor.portion(
        of: group.reduce(0) { $0 + runs[$1].predictionCount * runs[$1].tokenCount },
        stepCount: stepCount * transformer.blockCount)
    ) { step in
      let run = group[step.run]
      let expected = runs[run].trajectory[step.step + 1]
      drifts[run][step.step].add(reference: expected.span, candidate: step.latents.span)
    }
    for (run, latents) in zip(group, latents) { finals[run] = latents }
  }
  return try runs.enumerated().map { index, run in
    let isGuided = run.negativeVelocities != nil
    return GoldenFidelity(
      id: run.golden.id, prompt: run.golden.prompt,
      steps: (0..<run.golden.steps).map { step in
        StepFidelity(
          sigma: run.sigmas[step], velocityRelativeError: velocityErrors[index][step],
          negativeVelocityRelativeError: isGuided ? negativeErrors[index][step] : nil,
          guidedVelocityRelativeError: isGuided ? guidedErrors[index][step] : nil,
          driftRelativeError: drifts[index][step].relativeError,
          driftCosine: drifts[index][step].cosineSimilarity)
      },
      latents: drifts[index][run.golden.steps - 1], picture: try finished(run, finals[index]))
  }
}

func relativeError(of values: [Float], from expected: [Float]) -> Double {
  var metrics = ErrorMetrics()
  metrics.add(reference: expected.span, candidate: values.span)
  return metrics.relativeError
}
