internal import Images

/// One channel of a picture as numbers, `[height, width]`.
struct Plane: Sendable {
  let width: Int
  let height: Int
  let values: [Double]

  /// Channel 0, 1 or 2 of a picture, from 0 to 255.
  init(_ image: Image, channel: Int) {
    width = image.width
    height = image.height
    values = stride(from: channel, to: image.pixels.count, by: 3).map { Double(image.pixels[$0]) }
  }

  private init(width: Int, height: Int, values: [Double]) {
    self.width = width
    self.height = height
    self.values = values
  }

  func row(_ y: Int) -> [Double] { Array(values[y * width..<(y + 1) * width]) }

  /// The means of 2 × 2 values, side by side. A side of odd length gets a zero before its
  /// first value, as in pytorch-msssim.
  func halved() -> Plane {
    let x0 = width % 2
    let y0 = height % 2
    let newWidth = (width + x0) / 2
    let newHeight = (height + y0) / 2
    var means: [Double] = []
    means.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        var sum = 0.0
        for row in max(0, 2 * y - y0)..<min(height, 2 * y - y0 + 2) {
          for column in max(0, 2 * x - x0)..<min(width, 2 * x - x0 + 2) {
            sum += values[row * width + column]
          }
        }
        means.append(sum / 4)
      }
    }
    return Plane(width: newWidth, height: newHeight, values: means)
  }
}
