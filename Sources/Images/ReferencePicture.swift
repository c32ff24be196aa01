extension Image {
  /// A part of the picture. The rectangle lies inside the picture.
  public func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> Image {
    precondition(
      x >= 0 && y >= 0 && newWidth > 0 && newHeight > 0 && newWidth <= width - x
        && newHeight <= height - y, "the part lies inside the picture")
    var part: [UInt8] = []
    part.reserveCapacity(newWidth * newHeight * 3)
    for row in y..<y + newHeight {
      let start = (row * width + x) * 3
      part += pixels[start..<start + newWidth * 3]
    }
    return Image(width: newWidth, height: newHeight, pixels: part)
  }

  /// The picture as a reference of FLUX.2, prepared as diffusers' Flux2 pipelines do.
  ///
  /// A picture of more than `largestArea` pixels is resized by √(`largestArea` / area), sides rounded
  /// down; then the middle is cut out whose sides are multiples of `multiple`, rounded down, the
  /// odd pixel lost on the right and at the bottom. Throws when a side is below 64 pixels or one
  /// is more than 8 times the other, as the pipelines do.
  ///
  /// `largestArea` is at least 8 (`multiple` + 1)², so that no side is rounded down to nothing.
  public func preparedAsReference(
    largestArea: Int = 1024 * 1024, multiple: Int = 16
  ) throws(ImageFailure) -> Image {
    let smallestSide = 64
    let largestRatio = 8
    precondition(
      (1...smallestSide).contains(multiple)
        && largestArea >= largestRatio * (multiple + 1) * (multiple + 1))
    guard width >= smallestSide, height >= smallestSide else {
      throw .referenceTooSmall(width: width, height: height, smallestSide: smallestSide)
    }
    let ratio = max(Double(width) / Double(height), Double(height) / Double(width))
    guard ratio <= Double(largestRatio) else {
      throw .referenceTooLong(width: width, height: height, largestRatio: largestRatio)
    }
    var image = self
    if width * height > largestArea {
      let scale = (Double(largestArea) / Double(width * height)).squareRoot()
      image = resized(width: Int(Double(width) * scale), height: Int(Double(height) * scale))
    }
    let newWidth = image.width / multiple * multiple
    let newHeight = image.height / multiple * multiple
    return image.cropped(
      x: (image.width - newWidth) / 2, y: (image.height - newHeight) / 2, width: newWidth,
      height: newHeight)
  }
}
