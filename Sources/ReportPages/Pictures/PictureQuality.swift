/// How far the pictures of a page are reduced; all alike, so that they can be compared.
package struct PictureQuality: Hashable {
  /// The pixels on a side that become one.
  package let divisor: Int
  /// The values that each channel keeps.
  package let levelCount: Int
  package let mapDivisor: Int
  package let mapLevelCount: Int

  /// From the originals down. Levels go first: neighbours that become equal take few bytes, and five
  /// bits are hardly seen, while half a size is. Below an eighth there is nothing left to look at.
  package static let steps = [
    PictureQuality(divisor: 1, levelCount: 256, mapDivisor: 1, mapLevelCount: 32),
    PictureQuality(divisor: 1, levelCount: 64, mapDivisor: 1, mapLevelCount: 32),
    PictureQuality(divisor: 1, levelCount: 64, mapDivisor: 1, mapLevelCount: 16),
    PictureQuality(divisor: 1, levelCount: 32, mapDivisor: 1, mapLevelCount: 16),
    PictureQuality(divisor: 1, levelCount: 32, mapDivisor: 2, mapLevelCount: 16),
    PictureQuality(divisor: 1, levelCount: 24, mapDivisor: 2, mapLevelCount: 16),
    PictureQuality(divisor: 2, levelCount: 64, mapDivisor: 2, mapLevelCount: 16),
    PictureQuality(divisor: 2, levelCount: 32, mapDivisor: 2, mapLevelCount: 16),
    PictureQuality(divisor: 4, levelCount: 64, mapDivisor: 4, mapLevelCount: 16),
    PictureQuality(divisor: 4, levelCount: 32, mapDivisor: 4, mapLevelCount: 16),
    PictureQuality(divisor: 8, levelCount: 64, mapDivisor: 8, mapLevelCount: 16),
    PictureQuality(divisor: 8, levelCount: 32, mapDivisor: 8, mapLevelCount: 16),
    PictureQuality(divisor: 8, levelCount: 16, mapDivisor: 8, mapLevelCount: 16),
  ]

  /// What a reader has to know of the pictures they see.
  var statement: String {
    let size = divisor == 1 ? "at full size" : "at 1/\(divisor) of their width and height"
    let levels =
      levelCount == 256 ? "with all their values" : "in \(levelCount) values for each colour"
    let mapSize =
      mapDivisor == 1
      ? ""
      : ", at 1/\(mapDivisor) of their width and height, the worst of each "
        + "square"
    return "Pictures are shown \(size) \(levels), FLIP maps in \(mapLevelCount) levels\(mapSize). "
      + "All figures come from the originals."
  }
}
