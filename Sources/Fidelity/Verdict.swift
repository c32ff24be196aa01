public import Operations
public import Recipes
internal import Tensors

/// One limit that a candidate does not keep.
public struct Violation: Hashable, Sendable {
  /// What breaks it: a tensor's or a golden's name.
  public let subject: String
  /// The limit's key, as in formats/recipe.md.
  public let limit: String
  public let allowed: Double
  public let found: Double
  /// Where in the tensor, when that is known.
  public let place: String?
}

/// Everything measured of one candidate, and whether it is good enough.
public struct CandidateFidelity: Sendable {
  public let name: String
  public let path: String
  /// The name of the recipe that a bundle carries; nil for other files.
  public let recipe: String?
  /// What the products of its blocks were computed in.
  public let arithmetic: Arithmetic
  public let bitsPerWeight: Double
  /// The bytes of its weights in its files.
  public let storedByteCount: Int
  public let thresholds: Thresholds
  public let goldens: [GoldenFidelity]
  /// Every tensor against the reference; empty for the reference itself.
  public let tensors: [TensorFidelity]
  /// What each module adds to the error, in the order of execution; empty unless it was measured.
  public let blocks: [BlockFidelity]
  /// The limits it does not keep; none means that it passes.
  public let violations: [Violation]

  public var passes: Bool { violations.isEmpty }

  public init(
    candidate: Candidate, thresholds: Thresholds, goldens: [GoldenFidelity],
    tensors: [TensorFidelity], blocks: [BlockFidelity] = []
  ) {
    name = candidate.name
    path = candidate.path
    recipe = candidate.recipe?.name
    arithmetic = candidate.arithmetic
    bitsPerWeight = candidate.bitsPerWeight
    storedByteCount = candidate.storedByteCount
    self.thresholds = thresholds
    self.goldens = goldens
    self.tensors = tensors
    self.blocks = blocks
    violations = thresholds.violations(goldens: goldens, tensors: tensors)
  }
}

extension Thresholds {
  /// The limits that measurements break, tensors first: they are the cause, the rest is effect.
  fileprivate func violations(
    goldens: [GoldenFidelity], tensors: [TensorFidelity]
  ) -> [Violation] {
    var violations: [Violation] = []
    func require(
      _ found: Double, atMost allowed: Double?, _ limit: String, of subject: String,
      place: String? = nil
    ) {
      // Written so that a NaN breaks every limit.
      guard let allowed, !(found <= allowed) else { return }
      violations.append(
        Violation(subject: subject, limit: limit, allowed: allowed, found: found, place: place))
    }
    func require(
      _ found: Double, atLeast allowed: Double?, _ limit: String, of subject: String
    ) {
      guard let allowed, !(found >= allowed) else { return }
      violations.append(
        Violation(subject: subject, limit: limit, allowed: allowed, found: found, place: nil))
    }
    for tensor in tensors {
      let segment = tensor.worstSegment
      require(
        segment.relativeError, atMost: segmentRelativeError, "segment_relative_error",
        of: tensor.name,
        place: "row \(segment.row), from column \(segment.column)")
      require(
        tensor.metrics.relativeError, atMost: weightRelativeError, "weight_relative_error",
        of: tensor.name)
    }
    for golden in goldens {
      require(
        golden.velocityRelativeError, atMost: velocityRelativeError, "velocity_relative_error",
        of: golden.id)
      require(
        golden.latents.relativeError, atMost: latentsRelativeError, "latents_relative_error",
        of: golden.id)
      require(
        golden.latents.peakSignalToNoiseDecibels, atLeast: latentsPSNR, "latents_psnr_db",
        of: golden.id)
      guard let picture = golden.picture else { continue }
      require(
        picture.peakSignalToNoise, atLeast: picturePSNR, "picture_psnr_db", of: golden.id)
      require(
        picture.structuralSimilarity, atLeast: pictureSSIM, "picture_ssim", of: golden.id)
      require(picture.flip, atMost: pictureFLIP, "picture_flip", of: golden.id)
    }
    return violations
  }
}
