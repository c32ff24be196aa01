public import Autoencoders
internal import Families
public import Images
internal import MMDiT
public import Parallel
public import Sampling

/// A finished picture.
public struct RenderedPicture: Sendable {
  public let prepared: PreparedPicture
  /// The final latents, `[T, C]`.
  public let latents: [Float]
  /// The same as the autoencoder's decoder takes them.
  public let decoderLatents: Latents
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
    for group in groups(of: prepared, activationByteCount: activationByteCount) {
      let latents = try sample(
        group.map { prepared[$0] }, threads: threads, monitor: monitor)
      for (index, latents) in zip(group, latents) {
        let picture = try finish(
          prepared[index], latents: latents, threads: threads, monitor: monitor)
        try onPicture(index, picture)
      }
    }
  }

  /// The indices of pictures that advance together, so that their activations fit the memory.
  package func groups(of pictures: [PreparedPicture], activationByteCount: Int) -> [[Int]] {
    let limit = activationByteCount / transformer.activationByteCountPerToken
    let textSize = transformer.configuration.textSize
    return grouped(Array(pictures.indices), limit: limit) {
      pictures[$0].run.tokenCount(textSize: textSize)
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
    let decoderLatents = try autoencoder.latents(
      ofTokens: latents, gridHeight: grid.height, gridWidth: grid.width)
    let picture = try autoencoder.decode(decoderLatents, threads: threads, monitor: monitor)
    return RenderedPicture(
      prepared: prepared, latents: latents, decoderLatents: decoderLatents, image: picture.image)
  }
}

extension SamplingRun {
  /// The tokens of one step: of text, latents and references, twice with guidance.
  fileprivate func tokenCount(textSize: Int) -> Int {
    let images = references.map(\.grid) + [grid]
    let once = text.count / textSize + images.reduce(0) { $0 + ($1.tokenCount ?? 0) }
    return negativeText == nil ? once : 2 * once
  }
}
