package import FidelityReports
internal import ToolKit

/// What is measured on a golden: its column in the tables and its sentence in the explanation.
package struct PageMetric: Sendable {
  /// Names it in documents.
  let key: String
  let title: String
  /// The heading of its column.
  let heading: String
  let explanation: String
  let isBetterWhenSmaller: Bool
  let value: @Sendable (GoldenReport) -> Double?
  let text: @Sendable (Double) -> String

  /// The title within a sentence.
  var name: String {
    let isWord = title.prefix(2) != title.prefix(2).uppercased()
    return isWord ? title.prefix(1).lowercased() + title.dropFirst() : title
  }

  /// The median and the worst over goldens that have it; nil when none has.
  package func spread(_ goldens: [GoldenReport]) -> (median: Double, worst: Double)? {
    let values = goldens.compactMap(value)
    guard !values.isEmpty else { return nil }
    let worst = quantile(isBetterWhenSmaller ? 1 : 0, of: values)
    // A number that is undefined is the worst: nobody knows how bad it is.
    return (median(of: values), values.contains(where: \.isNaN) ? .nan : worst)
  }
}

extension PageMetric {
  static let all = [
    velocity, guided, latents, peak, latentsCosine, picturePeak, similarity, multiScale, flip,
  ]

  package static let velocity = PageMetric(
    key: "velocity_relative_error", title: "Velocity error", heading: "Velocity error",
    explanation: "‖v − v*‖ / ‖v*‖ of one prediction v of the network at the golden latents, where "
      + "v* is the golden's; the largest of all steps.",
    isBetterWhenSmaller: true, value: \.velocityRelativeError, text: errorText)

  static let guided = PageMetric(
    key: "guided_velocity_relative_error", title: "Guided error", heading: "Guided error",
    explanation: "The same of n + g · (p − n), what the sampler uses: with guidance g an error of "
      + "the difference between the predictions for the prompt, p, and the negative prompt, n, "
      + "counts g times; the largest of all steps.",
    isBetterWhenSmaller: true,
    value: { golden in golden.steps.compactMap(\.guidedVelocityRelativeError).worstOrNaN },
    text: errorText)

  static let latents = PageMetric(
    key: "latents_relative_error", title: "Latents error", heading: "Latents error",
    explanation: "‖x − x*‖ / ‖x*‖ of the latents x at the end of the candidate's own run: small "
      + "errors grow along a run, so two good candidates can end in different but equally good "
      + "pictures.",
    isBetterWhenSmaller: true, value: \.latentsRelativeError, text: errorText)

  package static let peak = PageMetric(
    key: "latents_psnr_db", title: "Latents PSNR", heading: "Latents PSNR, dB",
    explanation: "Peak signal-to-noise ratio of the same latents in decibels; higher is better, ∞ "
      + "means equal.",
    isBetterWhenSmaller: false, value: \.latentsPSNR, text: { decimalText($0, decimals: 1) })

  static let latentsCosine = PageMetric(
    key: "latents_cosine", title: "Latents cosine", heading: "Latents cosine",
    explanation: "The cosine of the angle between the same latents; 1 means the same direction.",
    isBetterWhenSmaller: false, value: \.latentsCosine, text: { decimalText($0, decimals: 4) })

  static let picturePeak = PageMetric(
    key: "picture_psnr_db", title: "Picture PSNR", heading: "Picture PSNR, dB",
    explanation: "Peak signal-to-noise ratio of the pictures' 8-bit values in decibels; higher is "
      + "better, ∞ means equal.",
    isBetterWhenSmaller: false, value: { $0.picture?.psnr }, text: { decimalText($0, decimals: 1) })

  package static let similarity = PageMetric(
    key: "picture_ssim", title: "SSIM", heading: "SSIM",
    explanation: "Structural similarity of the pictures: whether brightness, contrast and pattern "
      + "agree in small windows; 1 means equal.",
    isBetterWhenSmaller: false, value: { $0.picture?.ssim }, text: { decimalText($0, decimals: 4) })

  static let multiScale = PageMetric(
    key: "picture_multi_scale_ssim", title: "MS-SSIM", heading: "MS-SSIM",
    explanation: "Structural similarity at five sizes of the pictures, as if seen from five "
      + "distances; 1 means equal; small pictures have none.",
    isBetterWhenSmaller: false,
    value: { $0.picture.flatMap { $0.multiScaleSSIM.isNaN ? nil : $0.multiScaleSSIM } },
    text: { decimalText($0, decimals: 4) })

  static let flip = PageMetric(
    key: "picture_flip", title: "FLIP", heading: "FLIP",
    explanation: "How different the pictures look when one flips to the other in place, a mean "
      + "over pixels from 0, the same, to 1; its map shows where, in steps of the square root.",
    isBetterWhenSmaller: true, value: { $0.picture?.flip }, text: { decimalText($0, decimals: 4) })
}

extension [Double] {
  /// The largest, NaN when one is undefined; nil when empty.
  fileprivate var worstOrNaN: Double? {
    isEmpty ? nil : contains(where: \.isNaN) ? .nan : self.max()
  }
}
