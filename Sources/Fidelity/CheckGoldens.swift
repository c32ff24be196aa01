internal import Autoencoders
internal import Bundles
public import Goldens
internal import Images
internal import MMDiT
public import Parallel
internal import Recipes
public import Rendering
internal import Sampling
internal import Tensors

/// How far the tensors of a recorded run are from what a pipeline computes.
public struct GoldenCheck: Sendable {
  public let id: String
  /// ‖e − e*‖ / ‖e*‖ of the prompt's embedding.
  public let textRelativeError: Double
  /// The same of the negative prompt; nil without guidance.
  public let negativeTextRelativeError: Double?
  /// Whether the noise is what the recorded seed draws here; nil without a seed. Noise of another
  /// generator is no fault of a set.
  public let noiseIsOfSeed: Bool?
  /// The clean latents of the reference picture; nil without one, or when its picture is missing.
  public let referenceRelativeError: Double?
  /// The largest of any step, at the recorded latents.
  public let velocityRelativeError: Double
  public let negativeVelocityRelativeError: Double?
  /// Of the end of a run of its own.
  public let latentsRelativeError: Double
  /// What the autoencoder decodes, from the end of the recorded run; nil when it is not recorded.
  public let decoderLatentsRelativeError: Double?
  /// The largest difference of a value of the recorded picture from that of the recorded decoder
  /// latents, in levels of 255; nil when one of them is not recorded.
  public let pictureDifference: Int?
  /// The limits that are not kept.
  public let violations: [Violation]
}

extension GoldenCheck {
  /// What two implementations in float32 may be apart: for predictions and whole runs as
  /// `Thresholds.reference`; ten times a prediction's for text encoder and autoencoder, whose
  /// outputs pass more layers; and one level of a picture, where a value lies between two.
  public static let textLimit = 1e-4
  public static let referenceLimit = 1e-3
  public static let decoderLatentsLimit = 1e-5
  public static let pictureLimit = 1

  /// Standard normal noise of two implementations differs by at most so much (`InitialNoise`).
  static let noiseLimit: Float = 2.8e-6
}

/// Proves recorded runs by computing everything in them anew: embeddings, predictions, whole runs,
/// decoder latents and pictures. `goldens` are runs of the set without LoRAs.
///
/// Throws what loading the runs and computing throws.
public func checkGoldens(
  _ goldens: [Golden], of set: GoldenSet, with pipeline: PicturePipeline,
  threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws -> [GoldenCheck] {
  guard let part = pipeline.components.first(where: { $0.name == "transformer" })?.component
  else { preconditionFailure("a pipeline has a transformer") }
  let reference = Candidate(
    name: "reference", path: part.path, weights: part.weights, recipe: part.recipe)
  return try grouped(goldens, limit: 1 << 30, size: set.loadedByteCount).flatMap { group in
    let runs = try group.map { try set.load($0) }
    let measured = try measureGoldens(
      runs, with: reference, threads: threads, monitor: monitor)
    return try zip(runs, measured).map { run, fidelity in
      try check(run, fidelity, of: set, with: pipeline, threads: threads, monitor: monitor)
    }
  }
}

private func check(
  _ run: GoldenRun, _ fidelity: GoldenFidelity, of set: GoldenSet, with pipeline: PicturePipeline,
  threads: Int, monitor: WorkMonitor
) throws -> GoldenCheck {
  let golden = run.golden
  let embeddings = try pipeline.embeddings(
    of: [golden.prompt] + (run.negativeText == nil ? [] : [set.negativePrompt]),
    textTokenCount: golden.textTokenCount, threads: threads, monitor: monitor)
  var decoderError: Double?
  var pictureDifference: Int?
  if let recorded = run.decoderLatents {
    let latents = try pipeline.autoencoder.latents(
      ofTokens: run.trajectory[golden.steps], gridHeight: golden.grid.height,
      gridWidth: golden.grid.width)
    decoderError = relativeError(of: latents.values, from: recorded)
    if let image = run.image {
      let decoded = try pipeline.autoencoder.decode(
        Latents(
          channels: latents.channels, height: latents.height, width: latents.width,
          values: recorded), threads: threads, monitor: monitor
      ).image
      pictureDifference = zip(decoded.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max()
    }
  }
  return GoldenCheck(
    id: golden.id,
    textRelativeError: relativeError(of: embeddings[golden.prompt] ?? [], from: run.text),
    negativeTextRelativeError: run.negativeText.map {
      relativeError(of: embeddings[set.negativePrompt] ?? [], from: $0)
    },
    noiseIsOfSeed: try noiseIsOfSeed(run),
    referenceRelativeError: try referenceError(
      run, of: set, with: pipeline, threads: threads, monitor: monitor),
    fidelity, decoderLatentsRelativeError: decoderError, pictureDifference: pictureDifference)
}

private func noiseIsOfSeed(_ run: GoldenRun) throws -> Bool? {
  guard let seed = run.golden.seed, let tokens = run.golden.grid.tokenCount else { return nil }
  let drawn = try InitialNoise.standardNormal(
    grid: run.golden.grid, channels: run.noise.count / tokens, seed: UInt64(seed))
  return zip(drawn, run.noise).allSatisfy { abs($0 - $1) <= GoldenCheck.noiseLimit }
}

private func referenceError(
  _ run: GoldenRun, of set: GoldenSet, with pipeline: PicturePipeline, threads: Int,
  monitor: WorkMonitor
) throws -> Double? {
  guard let id = run.golden.reference, let recorded = run.references.first,
    let image = try set.load(set.golden(id)).image
  else { return nil }
  let tokens = try pipeline.autoencoder.encode(image, threads: threads, monitor: monitor)
  return relativeError(of: tokens, from: recorded.tokens)
}

extension GoldenCheck {
  /// The figures together with the limits that they do not keep.
  fileprivate init(
    id: String, textRelativeError: Double, negativeTextRelativeError: Double?,
    noiseIsOfSeed: Bool?, referenceRelativeError: Double?, _ fidelity: GoldenFidelity,
    decoderLatentsRelativeError: Double?, pictureDifference: Int?
  ) {
    let negativeVelocity = fidelity.steps.compactMap(\.negativeVelocityRelativeError)
      .reduce(nil) { maximumOrNaN($0 ?? 0, $1) }
    var violations: [Violation] = []
    func require(_ found: Double?, atMost allowed: Double?, _ tensor: GoldenTensor) {
      // Written so that a NaN breaks every limit.
      guard let found, let allowed, !(found <= allowed) else { return }
      violations.append(
        Violation(
          subject: id, limit: tensor.rawValue, allowed: allowed, found: found, place: nil))
    }
    let limits = Thresholds.reference
    require(textRelativeError, atMost: Self.textLimit, .text)
    require(negativeTextRelativeError, atMost: Self.textLimit, .text)
    require(referenceRelativeError, atMost: Self.referenceLimit, .referenceTokens)
    require(fidelity.velocityRelativeError, atMost: limits.velocityRelativeError, .velocity)
    require(negativeVelocity, atMost: limits.velocityRelativeError, .negativeVelocity)
    require(fidelity.latents.relativeError, atMost: limits.latentsRelativeError, .noise)
    require(decoderLatentsRelativeError, atMost: Self.decoderLatentsLimit, .decoderLatents)
    require(pictureDifference.map(Double.init), atMost: Double(Self.pictureLimit), .image)
    self.id = id
    self.textRelativeError = textRelativeError
    self.negativeTextRelativeError = negativeTextRelativeError
    self.noiseIsOfSeed = noiseIsOfSeed
    self.referenceRelativeError = referenceRelativeError
    velocityRelativeError = fidelity.velocityRelativeError
    negativeVelocityRelativeError = negativeVelocity
    latentsRelativeError = fidelity.latents.relativeError
    self.decoderLatentsRelativeError = decoderLatentsRelativeError
    self.pictureDifference = pictureDifference
    self.violations = violations
  }
}
