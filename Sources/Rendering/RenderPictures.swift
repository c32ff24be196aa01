public import Images
internal import MMDiT
public import Parallel
public import Sampling

/// A finished picture.
public struct RenderedPicture: Sendable {
  public let prepared: PreparedPicture
  /// The final latents, `[T, C]`.
  public let latents: [Float]
  public let image: Image
}

extension PicturePipeline {
  /// Makes pictures and hands out each when it is done, in the order of the requests.
  ///
  /// Pictures advance together, as many as `activationByteCount` allows, so that each weight of the
  /// transformer is decoded once a step for all of them.
  ///
  /// Throws what preparing, sampling and decoding throw, and what `onPicture` throws.
  public func render(
    _ requests: [PictureRequest], _ settings: RenderSettings = RenderSettings(),
    activationByteCount: Int = 1 << 30, threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent, onPicture: (Int, RenderedPicture) throws -> Void
  ) throws {
    let prepared = try prepare(requests, settings, threads: threads, monitor: monitor)
    let groups = grouped(
      Array(prepared.indices), limit: activationByteCount / transformer.activationByteCountPerToken
    ) { prepared[$0].tokenCount(textTokenCount: settings.textTokenCount) }
    for group in groups {
      let latents = try sample(
        group.map { prepared[$0] }, threads: threads, monitor: monitor)
      for (index, latents) in zip(group, latents) {
        let picture = try finish(
          prepared[index], latents: latents, threads: threads, monitor: monitor)
        try onPicture(index, picture)
      }
    }
  }

  /// The final latents `[T, C]` of pictures that advance together.
  public func sample(
    _ pictures: [PreparedPicture], threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent, onStep: (SamplingStep) throws -> Void = { _ in }
  ) throws -> [[Float]] {
    try EulerSampler(transformer).sample(
      pictures.map(\.run), threads: threads, monitor: monitor, onStep: onStep)
  }

  /// Decodes the final latents of a picture.
  public func finish(
    _ prepared: PreparedPicture, latents: [Float], threads: Int = availableThreadCount(),
    monitor: WorkMonitor = .silent
  ) throws -> RenderedPicture {
    let grid = prepared.request.grid
    let picture = try autoencoder.decode(
      latents, gridHeight: grid.height, gridWidth: grid.width, threads: threads, monitor: monitor)
    return RenderedPicture(prepared: prepared, latents: latents, image: picture.image)
  }
}

extension PreparedPicture {
  /// The tokens of one step: of text, latents and references, twice with guidance.
  fileprivate func tokenCount(textTokenCount: Int) -> Int {
    let references = run.references.reduce(0) { $0 + ($1.grid.tokenCount ?? 0) }
    let once = textTokenCount + (run.grid.tokenCount ?? 0) + references
    return run.negativeText == nil ? once : 2 * once
  }
}
