public import StrictJSON

/// How far a candidate may be from its reference before it fails; an absent limit is not checked.
///
/// Lengths are Euclidean, over all values of a tensor or of a prediction.
public struct Thresholds: Hashable, Sendable {
  /// The largest ‖v − v_golden‖ / ‖v_golden‖ of any step of any golden.
  public var velocityRelativeError: Double?
  /// The largest ‖x − x_golden‖ / ‖x_golden‖ of any golden's final latents.
  public var latentsRelativeError: Double?
  /// The smallest peak signal-to-noise ratio of any golden's final latents, in dB.
  public var latentsPSNR: Double?
  /// The largest ‖ŵ − w‖ / ‖w‖ of any tensor.
  public var weightRelativeError: Double?
  /// The largest root mean square error of 64 neighbouring values of a row, relative to the root
  /// mean square of the row: one wrong scale shows here when the tensor's mean hides it.
  public var segmentRelativeError: Double?

  public init(
    velocityRelativeError: Double? = nil, latentsRelativeError: Double? = nil,
    latentsPSNR: Double? = nil, weightRelativeError: Double? = nil,
    segmentRelativeError: Double? = nil
  ) {
    self.velocityRelativeError = velocityRelativeError
    self.latentsRelativeError = latentsRelativeError
    self.latentsPSNR = latentsPSNR
    self.weightRelativeError = weightRelativeError
    self.segmentRelativeError = segmentRelativeError
  }

  /// What unchanged weights must reach against goldens computed by another float32 implementation:
  /// a few hundred units in the last place for one prediction, ten times that for a whole run.
  public static let reference = Thresholds(
    velocityRelativeError: 1e-5, latentsRelativeError: 1e-4)

  /// What a candidate must reach that brings no recipe: the loss of four bits in groups of 64.
  public static let withoutRecipe = Thresholds(
    velocityRelativeError: 0.15, weightRelativeError: 0.15, segmentRelativeError: 0.4)

  private static let keys = [
    "velocity_relative_error", "latents_relative_error", "latents_psnr_db",
    "weight_relative_error", "segment_relative_error",
  ]

  /// Reads the `thresholds` object of a recipe, or a file that holds one.
  public init(document: JSONField) throws(JSONFailure) {
    try document.rejectUnknownKeys(except: Self.keys)
    func limit(_ key: String) throws(JSONFailure) -> Double? {
      guard let field = try document.optional(key) else { return nil }
      return try field.double()
    }
    self.init(
      velocityRelativeError: try limit("velocity_relative_error"),
      latentsRelativeError: try limit("latents_relative_error"),
      latentsPSNR: try limit("latents_psnr_db"),
      weightRelativeError: try limit("weight_relative_error"),
      segmentRelativeError: try limit("segment_relative_error"))
  }

  /// The object that `init(document:)` reads, absent limits left out.
  public var document: JSONValue {
    .object(JSONObject(presentLimits.map { ($0.key, JSONValue($0.limit)) }))
  }

  /// The limits that are checked, by their keys in formats/recipe.md.
  public var limits: [String: Double] {
    Dictionary(uniqueKeysWithValues: presentLimits.map { ($0.key, $0.limit) })
  }

  private var presentLimits: [(key: String, limit: Double)] {
    let limits = [
      velocityRelativeError, latentsRelativeError, latentsPSNR, weightRelativeError,
      segmentRelativeError,
    ]
    return zip(Self.keys, limits).compactMap { key, limit in limit.map { (key, $0) } }
  }
}
