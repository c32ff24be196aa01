internal import Autoencoders
internal import Families
internal import Images
internal import MMDiT
public import Parallel
public import Sampling
internal import TextEncoders
internal import Tokenizers

/// A picture that only waits for the sampler.
public struct PreparedPicture: Sendable {
  public let request: PictureRequest
  public let run: SamplingRun
}

extension PicturePipeline {
  /// Everything that a picture needs before its first step: prompt and empty prompt embedded,
  /// references encoded, noise drawn, noise levels shifted.
  ///
  /// Prompts pass the text encoder together, as many as 1 GiB of activations allows, so that each of
  /// its weights is decoded once for all of them.
  ///
  /// Throws `RenderingFailure.request` for settings that cannot be fulfilled, and what the parts
  /// throw.
  public func prepare(
    _ requests: [PictureRequest], _ settings: RenderSettings,
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> [PreparedPicture] {
    let guidance = try guidance(settings)
    let isGuided = style.predictsTwice(settings)
    let schedules = try requests.map { try schedule(for: $0.grid, settings) }
    let prompts = requests.map(\.prompt) + (isGuided ? [""] : [])
    let embeddings = try embeddings(
      of: prompts, textTokenCount: settings.textTokenCount, threads: threads, monitor: monitor)
    return try requests.indices.map { index in
      let request = requests[index]
      return PreparedPicture(
        request: request,
        run: SamplingRun(
          noise: try noise(of: request), grid: request.grid,
          references: try request.references.map { image in
            ReferenceTokens(
              tokens: try autoencoder.encode(image, threads: threads, monitor: monitor),
              grid: TokenGrid(pixelHeight: image.height, pixelWidth: image.width))
          },
          text: embeddings[request.prompt] ?? [], negativeText: isGuided ? embeddings[""] : nil,
          guidance: isGuided ? guidance : 1,
          embeddedGuidance: style.guidance == .embedded ? guidance : nil,
          schedule: schedules[index]))
    }
  }

  /// The activations of the text encoder that are alive at once, in bytes.
  private static let embeddingByteCount = 1 << 30

  /// The embedding `[L, J]` of each prompt, by the prompt.
  public func embeddings(
    of prompts: [String], textTokenCount: Int, threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent
  ) throws -> [String: [Float]] {
    var unique: [String] = []
    for prompt in prompts where !unique.contains(prompt) { unique.append(prompt) }
    let inputs = try unique.map { prompt in
      let tokens = try promptTokens(
        prompt, style: style.promptStyle, length: textTokenCount, tokenizer: tokenizer)
      return TextInput(identifiers: tokens.identifiers, mask: tokens.mask)
    }
    let limit = Self.embeddingByteCount / textEncoder.activationByteCountPerToken
    let states = try grouped(inputs, limit: limit) { $0.identifiers.count }.flatMap {
      try textEncoder.hiddenStates(
        $0, layers: style.textLayers, threads: threads, monitor: monitor)
    }
    return Dictionary(uniqueKeysWithValues: zip(unique, states))
  }

  /// The strength that is used, refused where it would have no effect.
  private func guidance(_ settings: RenderSettings) throws(RenderingFailure) -> Float {
    guard let guidance = settings.guidance else { return style.defaultGuidance }
    guard guidance.isFinite, guidance >= 0 else {
      throw .request(
        subject: "guidance", expected: "a number of at least 0", found: "\(guidance)")
    }
    guard style.guidance != .none || guidance == 1 else {
      throw .request(
        subject: "guidance",
        expected: "none, since \(path) is distilled and takes no guidance", found: "\(guidance)")
    }
    return guidance
  }

  /// The noise levels of a picture.
  private func schedule(
    for grid: TokenGrid, _ settings: RenderSettings
  ) throws -> FlowMatchSchedule {
    guard let tokens = grid.tokenCount, tokens <= InitialNoise.largestTokenCount else {
      throw RenderingFailure.request(
        subject: "size", expected: "1 to \(InitialNoise.largestTokenCount) latent tokens",
        found: "\(grid.height) × \(grid.width)")
    }
    guard let levels = settings.levels else {
      return try FlowMatchSchedule(steps: style.stepCount(settings), tokenCount: tokens)
    }
    guard settings.stepCount == nil || settings.stepCount == levels.count else {
      throw RenderingFailure.request(
        subject: "steps", expected: "\(levels.count), one for each noise level, or none",
        found: "\(settings.stepCount ?? 0)")
    }
    return try FlowMatchSchedule(unshifted: levels, tokenCount: tokens)
  }

  private func noise(of request: PictureRequest) throws -> [Float] {
    let channels = transformer.configuration.inputChannels
    switch request.noise {
    case .seed(let seed):
      return try InitialNoise.standardNormal(grid: request.grid, channels: channels, seed: seed)
    case .latents(let latents):
      let expected = (request.grid.tokenCount ?? 0) * channels
      guard latents.count == expected else {
        throw RenderingFailure.request(
          subject: "noise", expected: "\(expected) numbers", found: "\(latents.count)")
      }
      return latents
    }
  }
}
