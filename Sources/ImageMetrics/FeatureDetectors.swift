internal import Glibc

/// How much two pictures differ in edges and points of luminance, as FLIP finds them: by the first and
/// second derivatives of a Gaussian whose deviation is half of 0.082 degrees.
struct FeatureDetectors: Sendable {
  /// Three standard deviations, in pixels.
  let radius: Int
  /// The Gaussian; sums to 1.
  private let smooth: [Double]
  /// −x times the Gaussian: positive weights sum to 1, negative ones to −1.
  private let edge: [Double]
  /// x² / σ² − 1 times the Gaussian: positive weights sum to 1, negative ones to −1.
  private let point: [Double]

  init(pixelsPerDegree: Double) {
    let deviation = 0.5 * 0.082 * pixelsPerDegree
    let radius = Int((3 * deviation).rounded(.up))
    let positions = (-radius...radius).map(Double.init)
    let gaussian = gaussianWindow(radius: radius, standardDeviation: deviation)
    func balanced(_ weights: [Double]) -> [Double] {
      let positive = weights.filter { $0 > 0 }.reduce(0, +)
      let negative = -weights.filter { $0 < 0 }.reduce(0, +)
      return weights.map { $0 > 0 ? $0 / positive : $0 / negative }
    }
    self.radius = radius
    smooth = gaussian
    edge = balanced(zip(positions, gaussian).map { -$0 * $1 })
    point = balanced(
      zip(positions, gaussian).map { ($0 * $0 / (deviation * deviation) - 1) * $1 })
  }

  /// √(max(|Δ edges|, |Δ points|) / √2) of every pixel, row by row.
  func errors(_ first: OpponentStrip, _ second: OpponentStrip) -> [Double] {
    let edges = zip(strengths(first, edge), strengths(second, edge)).map { abs($0 - $1) }
    let points = zip(strengths(first, point), strengths(second, point)).map { abs($0 - $1) }
    return zip(edges, points).map { (max($0, $1) / 2.0.squareRoot()).squareRoot() }
  }

  /// The length of what a detector finds along rows and along columns, in luminance from 0 to 1.
  private func strengths(_ strip: OpponentStrip, _ detector: [Double]) -> [Double] {
    let luminance = strip.y.map { line in line.map { ($0 + 16) / 116 } }
    let across = strip.convolved(luminance, along: detector, down: smooth).joined()
    let down = strip.convolved(luminance, along: smooth, down: detector).joined()
    return zip(across, down).map { ($0 * $0 + $1 * $1).squareRoot() }
  }
}
