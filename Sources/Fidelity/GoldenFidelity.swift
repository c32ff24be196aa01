public import Tensors

/// How far a candidate is from a golden at one step.
public struct StepFidelity: Sendable {
  /// The noise level at the beginning of the step.
  public let sigma: Float
  /// ‖v − v_golden‖ / ‖v_golden‖ at the golden latents.
  public let velocityRelativeError: Double
  /// The same of the negative prompt's prediction; nil without guidance.
  public let negativeVelocityRelativeError: Double?
  /// The same of negative + g · (positive − negative), what a step follows: an error of the
  /// difference of both predictions counts g times. Nil without guidance.
  public let guidedVelocityRelativeError: Double?
  /// ‖x − x_golden‖ / ‖x_golden‖ of the latents after the step, in the candidate's own run.
  public let driftRelativeError: Double
  /// The cosine of the angle between the same.
  public let driftCosine: Double

  package init(
    sigma: Float, velocityRelativeError: Double, negativeVelocityRelativeError: Double? = nil,
    guidedVelocityRelativeError: Double? = nil, driftRelativeError: Double, driftCosine: Double
  ) {
    self.sigma = sigma
    self.velocityRelativeError = velocityRelativeError
    self.negativeVelocityRelativeError = negativeVelocityRelativeError
    self.guidedVelocityRelativeError = guidedVelocityRelativeError
    self.driftRelativeError = driftRelativeError
    self.driftCosine = driftCosine
  }
}

/// How far a candidate is from a golden run.
public struct GoldenFidelity: Sendable {
  public let id: String
  public let prompt: String
  public let steps: [StepFidelity]
  /// The final latents of the candidate's own run, against the golden ones.
  public let latents: ErrorMetrics
  /// The picture that they decode to; nil unless pictures were made.
  public let picture: PictureFidelity?

  package init(
    id: String, prompt: String = "", steps: [StepFidelity], latents: ErrorMetrics,
    picture: PictureFidelity? = nil
  ) {
    self.id = id
    self.prompt = prompt
    self.steps = steps
    self.latents = latents
    self.picture = picture
  }

  /// The largest velocity error of any step.
  public var velocityRelativeError: Double {
    steps.map(\.velocityRelativeError).reduce(0, maximumOrNaN)
  }
}

/// The larger of two errors; NaN, which every limit refuses, when one is NaN.
func maximumOrNaN(_ first: Double, _ second: Double) -> Double {
  first.isNaN || second.isNaN ? .nan : max(first, second)
}

/// How far the picture of a candidate's own run is from that of the golden (formats/metrics.md).
public struct PictureFidelity: Hashable, Sendable {
  /// Where the candidate's picture was written.
  public let path: String
  /// Where the golden's picture was written.
  public let goldenPath: String
  /// In decibels; infinite for equal pictures.
  public let peakSignalToNoise: Double
  public let structuralSimilarity: Double
  /// NaN for pictures that are too small for five scales.
  public let multiScaleStructuralSimilarity: Double
  /// The mean of the FLIP map, 0 for equal pictures, at most 1.
  public let flip: Double

  package init(
    path: String, goldenPath: String, peakSignalToNoise: Double, structuralSimilarity: Double,
    multiScaleStructuralSimilarity: Double, flip: Double
  ) {
    self.path = path
    self.goldenPath = goldenPath
    self.peakSignalToNoise = peakSignalToNoise
    self.structuralSimilarity = structuralSimilarity
    self.multiScaleStructuralSimilarity = multiScaleStructuralSimilarity
    self.flip = flip
  }
}
