internal import Autoencoders
internal import Families
public import MMDiT
public import Parallel
public import Rendering
internal import Sampling

/// Runs of a pipeline that become a golden set: what its weights make of some prompts, step by step.
public struct GoldenRecording: Sendable {
  public let pipeline: PicturePipeline
  public let plan: GoldenSetPlan
  private let requests: [PictureRequest]
  private let settings: RenderSettings

  /// Plans one run for each prompt, all of one size; the n-th begins with the noise of seed + n.
  ///
  /// `producer` says what computes them. Throws `RenderingFailure.request` when there is no prompt.
  public init(
    _ pipeline: PicturePipeline, prompts: [String], seed: Int, grid: TokenGrid,
    settings: RenderSettings, producer: String
  ) throws(RenderingFailure) {
    guard !prompts.isEmpty else {
      throw RenderingFailure.request(subject: "prompts", expected: "at least one", found: "none")
    }
    self.pipeline = pipeline
    self.settings = settings
    requests = prompts.enumerated().map { index, prompt in
      PictureRequest(prompt: prompt, noise: .seed(UInt64(clamping: seed + index)), grid: grid)
    }
    let style = pipeline.style
    let guidance = style.guidance(settings)
    let ids = identifiers(for: prompts)
    let configuration = pipeline.transformer.configuration
    plan = GoldenSetPlan(
      producer: producer, channels: configuration.inputChannels, textWidth: configuration.textSize,
      runs: prompts.indices.map { index in
        GoldenSetPlan.Run(
          golden: Golden(
            id: ids[index], prompt: prompts[index], seed: seed + index,
            steps: style.stepCount(settings),
            guidance: guidance, grid: grid, textTokenCount: settings.textTokenCount,
            unshiftedSigmas: settings.levels),
          isGuided: style.predictsTwice(settings), hasPicture: true)
      })
  }

  /// Makes the runs and writes the set; nothing has its name before all of it is there.
  ///
  /// The files of the pipeline are hashed for the set's provenance, which reads all of them once.
  /// Runs advance together, as many as `activationByteCount` allows. Predictions go to the file as
  /// they come, so memory does not grow with the set.
  public func record(
    to path: String, suiteVersion: String, activationByteCount: Int = 1 << 30,
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws {
    var plan = plan
    plan.provenance = try GoldenProvenance(
      of: pipeline, suiteVersion: suiteVersion, monitor: monitor)
    let writer = try GoldenSetWriter.create(path, plan)
    let prepared = try pipeline.prepare(requests, settings, threads: threads, monitor: monitor)
    for group in pipeline.groups(of: prepared, activationByteCount: activationByteCount) {
      for index in group {
        let (id, run) = (plan.runs[index].golden.id, prepared[index].run)
        try writer.write(run.text, to: .text, of: id)
        try writer.write(run.noise, to: .noise, of: id)
        try writer.write(run.schedule.sigmas, to: .sigmas, of: id)
      }
      let latents = try pipeline.sample(
        group.map { prepared[$0] }, threads: threads, monitor: monitor
      ) { step in
        let id = plan.runs[group[step.run]].golden.id
        try writer.write(step.velocity, to: .velocity, of: id, step: step.step)
        if let negative = step.negativeVelocity {
          try writer.write(negative, to: .negativeVelocity, of: id, step: step.step)
        }
      }
      for (index, latents) in zip(group, latents) {
        let id = plan.runs[index].golden.id
        let picture = try pipeline.finish(
          prepared[index], latents: latents, threads: threads, monitor: monitor)
        try writer.write(picture.decoderLatents.values, to: .decoderLatents, of: id)
        try writer.write(picture.image, of: id)
      }
    }
    if let text = prepared.first?.run.negativeText {
      try writer.write(negativeText: text, tokenCount: settings.textTokenCount)
    }
    try writer.commit()
  }
}
