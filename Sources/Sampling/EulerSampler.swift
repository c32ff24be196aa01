public import MMDiT
public import Parallel

/// What one step of one run computed.
public struct SamplingStep: Sendable {
  /// The run's index.
  public let run: Int
  /// The step's index in the run.
  public let step: Int
  /// The velocity for the prompt, `[T, C]`.
  public let velocity: [Float]
  /// The velocity for the negative prompt, `[T, C]`; nil when no second pass was made.
  public let negativeVelocity: [Float]?
  /// The latents after the step, `[T, C]`.
  public let latents: [Float]
}

/// Explicit Euler along the predicted flow: x += (σᵢ₊₁ − σᵢ) · v, in Float.
public struct EulerSampler: Sendable {
  private let transformer: Transformer

  public init(_ transformer: Transformer) {
    self.transformer = transformer
  }

  /// The final latents `[T, C]` of each run.
  ///
  /// The runs advance in lockstep: step i of all runs, with and without the prompt, is one batched
  /// call of the network, so each weight is decoded once per step for all of them. A run with fewer
  /// steps leaves the batch earlier. `onStep` gets every step of every run, ordered by step, then
  /// run; what it throws ends the sampling. The monitor counts blocks of the network. `memory` is
  /// that of the passes before.
  ///
  /// Throws what the network throws.
  public func sample(
    _ runs: [SamplingRun], threads: Int = availableThreadCount(),
    memory: PassMemory = PassMemory(), monitor: WorkMonitor = .silent,
    onStep: (SamplingStep) throws -> Void = { _ in }
  ) throws -> [[Float]] {
    var latents = runs.map(\.noise)
    let stepCount = runs.map(\.schedule.stepCount).max() ?? 0
    monitor.begin("sampling", total: stepCount * transformer.blockCount, unit: .steps)
    for step in 0..<stepCount {
      let active = runs.indices.filter { step < runs[$0].schedule.stepCount }
      let inputs = active.flatMap { index in
        Self.inputs(of: runs[index], step: step, latents: latents[index])
      }
      var velocities = try transformer.velocities(
        for: inputs, threads: threads, memory: memory, monitor: monitor.withinStage
      ).makeIterator()
      for index in active {
        let run = runs[index]
        guard let positive = velocities.next() else { preconditionFailure("a velocity is missing") }
        let negative = run.guidingText == nil ? nil : velocities.next()
        let velocity =
          negative.map { Self.guide(positive, away: $0, strength: run.guidance) } ?? positive
        let sigmas = run.schedule.sigmas
        Self.advance(&latents[index], along: velocity, by: sigmas[step + 1] - sigmas[step])
        try onStep(
          SamplingStep(
            run: index, step: step, velocity: positive, negativeVelocity: negative,
            latents: latents[index]))
      }
    }
    return latents
  }

  /// The one or two inputs of a run at a step, the prompt's first.
  private static func inputs(
    of run: SamplingRun, step: Int, latents: [Float]
  ) -> [TransformerInput] {
    let texts = [run.text] + (run.guidingText.map { [$0] } ?? [])
    return texts.map { text in
      run.input(latents: latents, text: text, sigma: run.schedule.sigmas[step])
    }
  }

  /// Classifier-free guidance: negative + strength · (positive − negative), element by element.
  public static func guide(
    _ positive: [Float], away negative: [Float], strength: Float
  ) -> [Float] {
    precondition(positive.count == negative.count)
    return zip(positive, negative).map { $1 + strength * ($0 - $1) }
  }

  /// x += Δσ · v, element by element.
  public static func advance(_ x: inout [Float], along velocity: [Float], by difference: Float) {
    precondition(x.count == velocity.count)
    for index in x.indices { x[index] += difference * velocity[index] }
  }
}
