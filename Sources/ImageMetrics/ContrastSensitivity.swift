internal import Glibc

/// How the eye blurs the channels of a picture: the contrast sensitivity functions of FLIP as sums of
/// Gaussians over the angle.
///
/// At d degrees from the middle, a channel's weight is the sum over its terms (a, b) of
/// a √(π / b) exp(−π² d² / b), divided by the sum of the window's weights.
struct ContrastSensitivity: Sendable {
  /// The radius of all windows in pixels: three standard deviations of the widest term.
  let radius: Int
  private let achromatic: [Term]
  private let redGreen: [Term]
  private let blueYellow: [Term]

  /// One Gaussian of a window as a product of two lines.
  private struct Term {
    /// Sums to 1.
    let line: [Double]
    /// The share of the term in its channel.
    let share: Double
  }

  init(pixelsPerDegree: Double) {
    // b = 0.04, of the blue-yellow channel: exp(−π² d² / b) has the deviation √(b / 2π²).
    let widest = (0.04 / (2 * Double.pi * Double.pi)).squareRoot()
    let radius = Int((3 * widest * pixelsPerDegree).rounded(.up))
    func terms(_ parameters: [(a: Double, b: Double)]) -> [Term] {
      let windows = parameters.map { a, b in
        let line = (-radius...radius).map { x in
          let degrees = Double(x) / pixelsPerDegree
          return exp(-Double.pi * Double.pi * degrees * degrees / b)
        }
        let sum = line.reduce(0, +)
        return (line: line.map { $0 / sum }, weight: a * (Double.pi / b).squareRoot() * sum * sum)
      }
      let total = windows.reduce(0) { $0 + $1.weight }
      return windows.map { Term(line: $0.line, share: $0.weight / total) }
    }
    self.radius = radius
    achromatic = terms([(1, 0.0047)])
    redGreen = terms([(1, 0.0053)])
    blueYellow = terms([(34.1, 0.04), (13.5, 0.025)])
  }

  /// The errors of colour of every pixel, row by row.
  func errors(
    _ first: OpponentStrip, _ second: OpponentStrip, space: FLIPColorSpace
  ) -> [Double] {
    zip(perceived(first, space), perceived(second, space)).map { space.error($0, $1) }
  }

  private func perceived(_ strip: OpponentStrip, _ space: FLIPColorSpace) -> [Color] {
    let y = blurred(strip, strip.y, achromatic)
    let cx = blurred(strip, strip.cx, redGreen)
    let cz = blurred(strip, strip.cz, blueYellow)
    return y.indices.map { space.perceived((y[$0], cx[$0], cz[$0])) }
  }

  private func blurred(_ strip: OpponentStrip, _ plane: [[Double]], _ terms: [Term]) -> [Double] {
    var sum: [Double] = []
    for term in terms {
      let part = strip.convolved(plane, along: term.line, down: term.line).joined()
      let scaled = part.map { $0 * term.share }
      sum = sum.isEmpty ? scaled : zip(sum, scaled).map { $0 + $1 }
    }
    return sum
  }
}
