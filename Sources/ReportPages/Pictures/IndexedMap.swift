package import ImageMetrics

/// A FLIP map in few levels: `[height, width]` numbers of palette colours, 0 the lowest.
///
/// Levels are even steps of the square root of the value: the maps of good candidates lie below 0.1,
/// which even steps of the value itself would show as black.
package struct IndexedMap: Hashable {
  package let width: Int
  package let height: Int
  package let levelCount: Int
  package let indices: [UInt8]

  package init(width: Int, height: Int, levelCount: Int, indices: [UInt8]) {
    precondition(
      (2...256).contains(levelCount) && indices.count == width * height,
      "a level for each pixel, in 8 bits")
    self.width = width
    self.height = height
    self.levelCount = levelCount
    self.indices = indices
  }

  /// The map in 256 levels: a value of 0 is the first, 0.25 the middle and 1 the last.
  package init(_ map: FLIPMap) {
    self.init(
      width: map.width, height: map.height, levelCount: 256,
      indices: map.values.map { UInt8((min(1, max(0, $0)).squareRoot() * 255).rounded()) })
  }

  /// The largest of squares of `divisor` pixels, in fewer levels.
  ///
  /// The largest and not the mean: a small bright spot is what the map is looked at for.
  package func reduced(by divisor: Int, levelCount: Int) -> IndexedMap {
    precondition(divisor > 0 && levelCount > 1, "a map keeps a pixel and two levels")
    let (newWidth, newHeight) = ((width + divisor - 1) / divisor, (height + divisor - 1) / divisor)
    let last = self.levelCount - 1
    let rounded = (0...last).map { UInt8(($0 * (levelCount - 1) * 2 + last) / (2 * last)) }
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        var largest: UInt8 = 0
        for row in y * divisor..<min(height, (y + 1) * divisor) {
          for column in x * divisor..<min(width, (x + 1) * divisor) {
            largest = max(largest, indices[row * width + column])
          }
        }
        result.append(rounded[Int(largest)])
      }
    }
    return IndexedMap(
      width: newWidth, height: newHeight, levelCount: levelCount, indices: result)
  }
}
