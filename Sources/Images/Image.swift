/// A picture of 8 bits for each of red, green and blue, in sRGB: `[height, width, 3]`, row-major
/// from the top left.
public struct Image: Hashable, Sendable {
  public let width: Int
  public let height: Int
  /// `height × width × 3` values.
  public let pixels: [UInt8]

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "a picture has three values for each pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
