internal import Glibc

/// A number that each golden run of a candidate has, and that two reports are compared by.
///
/// The raw value is the key of formats/gate.md.
public enum ReportMetric: String, CaseIterable, Hashable, Sendable {
  /// The largest error of a prediction at the golden latents, of any step.
  case velocityError = "velocity_relative_error"
  /// The largest error of a guided prediction, of any step.
  case guidedVelocityError = "guided_velocity_relative_error"
  /// The error of the final latents of the candidate's own run.
  case latentsError = "latents_relative_error"
  /// The peak signal-to-noise ratio of the same, in decibels.
  case latentsPSNR = "latents_psnr_db"
  /// The peak signal-to-noise ratio of the picture, in decibels.
  case picturePSNR = "picture_psnr_db"
  case pictureSSIM = "picture_ssim"
  case pictureMultiScaleSSIM = "picture_multi_scale_ssim"
  /// The mean of the FLIP map.
  case pictureFLIP = "picture_flip"

  /// How two values are compared.
  public enum Scale: Hashable, Sendable {
    /// By their ratio, less being better. Smaller values count as `floor`, which two
    /// implementations in float32 differ by.
    case ratio(floor: Double)
    /// By their difference, more being better. Larger values count as `ceiling`.
    case gain(ceiling: Double)
    /// By their difference, less being better.
    case loss
  }

  /// How two values are compared. Floors and ceilings are explained in formats/gate.md.
  public var scale: Scale {
    switch self {
    case .velocityError: .ratio(floor: 1e-5)
    case .guidedVelocityError, .latentsError: .ratio(floor: 1e-4)
    case .latentsPSNR: .gain(ceiling: 95)
    case .picturePSNR: .gain(ceiling: 60)
    case .pictureSSIM, .pictureMultiScaleSSIM: .gain(ceiling: 1)
    case .pictureFLIP: .loss
    }
  }

  /// The name in option values: `velocity`.
  public var shortName: String {
    switch self {
    case .velocityError: "velocity"
    case .guidedVelocityError: "guided-velocity"
    case .latentsError: "latents"
    case .latentsPSNR: "latents-psnr"
    case .picturePSNR: "psnr"
    case .pictureSSIM: "ssim"
    case .pictureMultiScaleSSIM: "ms-ssim"
    case .pictureFLIP: "flip"
    }
  }

  /// The name in reports for people: `velocity error`.
  public var title: String {
    switch self {
    case .velocityError: "velocity error"
    case .guidedVelocityError: "guided velocity error"
    case .latentsError: "latents error"
    case .latentsPSNR: "latents PSNR"
    case .picturePSNR: "PSNR"
    case .pictureSSIM: "SSIM"
    case .pictureMultiScaleSSIM: "MS-SSIM"
    case .pictureFLIP: "FLIP"
    }
  }

  /// The value of a run; nil when it was not measured, NaN when it is undefined.
  public func value(of golden: GoldenReport) -> Double? {
    switch self {
    case .velocityError: golden.velocityRelativeError
    case .guidedVelocityError:
      golden.steps.compactMap(\.guidedVelocityRelativeError).reduce(nil) { largest, error in
        // NaN wins: the largest of numbers one of which is undefined is undefined.
        largest.map { $0.isNaN || $0 > error ? $0 : error } ?? error
      }
    case .latentsError: golden.latentsRelativeError
    case .latentsPSNR: golden.latentsPSNR
    case .picturePSNR: golden.picture?.psnr
    case .pictureSSIM: golden.picture?.ssim
    case .pictureMultiScaleSSIM: golden.picture?.multiScaleSSIM
    case .pictureFLIP: golden.picture?.flip
    }
  }

  /// The mean over runs: geometric for what is compared by ratio, else arithmetic, of values held to
  /// floor and ceiling. NaN for no values, and when one is undefined.
  public func mean(of values: [Double]) -> Double {
    let sum = values.reduce(0) { $0 + position(of: $1) }
    let mean = values.isEmpty ? .nan : sum / Double(values.count)
    switch scale {
    case .ratio: return exp(mean)
    case .gain: return -mean
    case .loss: return mean
    }
  }

  /// Where a value stands on the line on which differences are taken, worse being more: the
  /// logarithm of an error, the negative of a gain.
  func position(of value: Double) -> Double {
    // Comparisons with NaN are false, so that it stays what it is.
    switch scale {
    case .ratio(let floor): log(value < floor ? floor : value)
    case .gain(let ceiling): -(value > ceiling ? ceiling : value)
    case .loss: value
    }
  }

  /// Whether a value has a place on that line: an infinite gain has, an infinite error has not.
  func isDefined(_ value: Double) -> Bool { position(of: value).isFinite }

  /// A difference on that line in the unit of tolerances: the relative growth of an error
  /// (0.07: 7 % more), else the difference itself. Monotone, so that it carries bounds over.
  func worsening(_ difference: Double) -> Double {
    if case .ratio = scale { return expm1(difference) }
    return difference
  }
}
