public import Images

/// A picture as the decoder computes it: `[3, height, width]`, row-major, red first, −1 is black and
/// 1 is full brightness. Values may lie outside of that range.
public struct Picture: Hashable, Sendable {
  public let height: Int
  public let width: Int
  /// `3 × height × width` values.
  public let values: [Float]

  public init(height: Int, width: Int, values: [Float]) {
    precondition(
      height > 0 && width > 0 && values.count == 3 * height * width,
      "a picture has three values for each pixel")
    self.height = height
    self.width = width
    self.values = values
  }

  /// An 8-bit picture, brightness b as b/255 · 2 − 1.
  public init(_ image: Image) {
    let count = image.width * image.height
    var values = [Float](repeating: 0, count: 3 * count)
    for channel in 0..<3 {
      for pixel in 0..<count {
        values[channel * count + pixel] =
          2 * (Float(image.pixels[3 * pixel + channel]) / 255) - 1
      }
    }
    self.init(height: image.height, width: image.width, values: values)
  }

  /// The picture in 8 bits: x/2 + 1/2, clamped to 0…1, times 255, rounded to the nearest integer,
  /// halves to even, as `VaeImageProcessor` of diffusers does. What is not a number becomes 0.
  public var image: Image {
    let count = height * width
    var pixels = [UInt8](repeating: 0, count: 3 * count)
    for channel in 0..<3 {
      for pixel in 0..<count {
        let brightness = values[channel * count + pixel] * 0.5 + 0.5
        guard brightness > 0 else { continue }
        pixels[3 * pixel + channel] = UInt8(
          (min(brightness, 1) * 255).rounded(.toNearestOrEven))
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
