package import Images

extension Image {
  /// The means of squares of `divisor` pixels, in `levelCount` values from 0 to 255 for each channel.
  ///
  /// Squares at the right and lower edge are as large as the picture lets them be. Fewer levels make
  /// neighbours equal, which deflate finds; both roundings go to the nearest.
  package func reduced(by divisor: Int, levelCount: Int) -> Image {
    precondition(divisor > 0 && (2...256).contains(levelCount), "levels fit 8 bits")
    let (newWidth, newHeight) = ((width + divisor - 1) / divisor, (height + divisor - 1) / divisor)
    let steps = levelCount - 1
    let rounded = (0...255).map { value in
      UInt8((((value * steps * 2 + 255) / 510) * 255 * 2 + steps) / (2 * steps))
    }
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight * 3)
    for y in 0..<newHeight {
      let rows = y * divisor..<min(height, (y + 1) * divisor)
      for x in 0..<newWidth {
        let columns = x * divisor..<min(width, (x + 1) * divisor)
        let count = rows.count * columns.count
        for channel in 0..<3 {
          var sum = 0
          for row in rows {
            for column in columns { sum += Int(pixels[(row * width + column) * 3 + channel]) }
          }
          result.append(rounded[(sum + count / 2) / count])
        }
      }
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }
}
