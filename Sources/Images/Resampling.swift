internal import Glibc

extension Image {
  /// The picture in another size, by Lanczos windows of three lobes: equal to Pillow's
  /// `Image.resize((width, height), LANCZOS)` on RGB, bit for bit, of Pillow 13.
  ///
  /// One direction after the other, each rounded to 8 bits; one whose size stays is left alone. Rows
  /// come first where the height loses more than twice the pixels that the width loses, else columns
  /// (up to Pillow 12 always columns: the results differ by roundings, and where one direction
  /// overshoots). When the picture shrinks, the window grows by the same factor. Memory: the picture in both
  /// sizes and between them.
  public func resized(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(newWidth > 0 && newHeight > 0, "a picture has pixels")
    precondition(
      newWidth <= PNGHeader.largestPixelCount / newHeight, "a picture has at most 2²⁸ pixels")
    let losesRows = newHeight < height && height - newHeight > 2 * (width - newWidth)
    return losesRows
      ? resizedRows(to: newHeight).resizedColumns(to: newWidth)
      : resizedColumns(to: newWidth).resizedRows(to: newHeight)
  }

  private func resizedColumns(to newWidth: Int) -> Image {
    guard newWidth != width else { return self }
    let windows = ResamplingWindow.all(from: width, to: newWidth)
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * height * 3)
    for y in 0..<height {
      for window in windows {
        let start = (y * width + window.start) * 3
        for channel in 0..<3 {
          var sum = ResamplingWindow.half
          for (k, weight) in window.weights.enumerated() {
            sum += weight * Int(pixels[start + 3 * k + channel])
          }
          result.append(ResamplingWindow.rounded(sum))
        }
      }
    }
    return Image(width: newWidth, height: height, pixels: result)
  }

  private func resizedRows(to newHeight: Int) -> Image {
    guard newHeight != height else { return self }
    let rowSize = width * 3
    var result: [UInt8] = []
    result.reserveCapacity(newHeight * rowSize)
    for window in ResamplingWindow.all(from: height, to: newHeight) {
      var sums = [Int](repeating: ResamplingWindow.half, count: rowSize)
      for (k, weight) in window.weights.enumerated() {
        let start = (window.start + k) * rowSize
        for i in 0..<rowSize { sums[i] += weight * Int(pixels[start + i]) }
      }
      for sum in sums { result.append(ResamplingWindow.rounded(sum)) }
    }
    return Image(width: width, height: newHeight, pixels: result)
  }
}

/// What one pixel of a resized line is made of: weights of consecutive pixels, as fixed-point numbers
/// of 22 bits behind the point (Pillow's precision for 8-bit channels: 32 bits less 8 for the
/// pixel and 2 for the sum).
private struct ResamplingWindow {
  static let fractionBits = 22
  static let half = 1 << (fractionBits - 1)

  let start: Int
  let weights: [Int]

  /// The windows of every pixel of a line of `count` pixels that is resized to `newCount`.
  ///
  /// Pixel i is centred at (i + ½) · count / newCount. Pixel j, at j + ½, weighs L((j + ½ − centre) / s)
  /// with s the factor of shrinking, at least 1, and L(x) = sinc(x) · sinc(x / 3) for −3 ≤ x < 3;
  /// weights are divided by their sum before they are rounded.
  static func all(from count: Int, to newCount: Int) -> [ResamplingWindow] {
    let scale = Double(count) / Double(newCount)
    let stretch = max(scale, 1)
    let support = 3 * stretch
    return (0..<newCount).map { i in
      let center = (Double(i) + 0.5) * scale
      // Rounded towards zero, then cut to the line.
      let start = max(0, Int(center - support + 0.5))
      let end = min(count, Int(center + support + 0.5))
      let inverse = 1 / stretch
      let raw = (start..<end).map { lanczos((Double($0) - center + 0.5) * inverse) }
      let sum = raw.reduce(0, +)
      let weights = raw.map { weight in
        let fixed = (sum == 0 ? weight : weight / sum) * Double(1 << fractionBits)
        return Int(fixed + (fixed < 0 ? -0.5 : 0.5))
      }
      return ResamplingWindow(start: start, weights: weights)
    }
  }

  /// A sum of weighted pixels, which began at one half, as a pixel.
  @inline(__always)
  static func rounded(_ sum: Int) -> UInt8 { UInt8(clamping: sum >> fractionBits) }

  private static func lanczos(_ x: Double) -> Double {
    x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
  }

  private static func sinc(_ x: Double) -> Double {
    guard x != 0 else { return 1 }
    return sin(x * .pi) / (x * .pi)
  }
}
