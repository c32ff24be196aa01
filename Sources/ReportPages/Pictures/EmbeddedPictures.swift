internal import Images

/// The pictures of a page as the addresses that carry them: `data:image/png;base64,…`.
struct EmbeddedPictures {
  /// By path.
  var pictures: [String: String] = [:]
  /// FLIP maps by the candidate picture's path.
  var maps: [String: String] = [:]
  /// The reduction they have in common; nil when there are none.
  var quality: PictureQuality?

  /// The least reduction whose files have at most `byteLimit` bytes in all, before base64; without
  /// pictures when even the strongest has more.
  static func fitting(_ shelf: PictureShelf, byteLimit: Int) throws -> EmbeddedPictures {
    guard !shelf.pictures.isEmpty else { return EmbeddedPictures() }
    for quality in PictureQuality.steps {
      if let pictures = try encode(shelf, quality, byteLimit: byteLimit) { return pictures }
    }
    return EmbeddedPictures()
  }

  /// Nil as soon as there are too many bytes.
  private static func encode(
    _ shelf: PictureShelf, _ quality: PictureQuality, byteLimit: Int
  ) throws -> EmbeddedPictures? {
    var result = EmbeddedPictures(quality: quality)
    var byteCount = 0
    let palette = HeatPalette.colors(quality.mapLevelCount)
    // In order of the paths: which one is too many does not matter, but the work should be alike.
    for (path, picture) in shelf.pictures.sorted(by: { $0.key < $1.key }) {
      let reduced = picture.reduced(by: quality.divisor, levelCount: quality.levelCount)
      let file = try reduced.png()
      byteCount += file.count
      guard byteCount <= byteLimit else { return nil }
      result.pictures[path] = address(file)
    }
    for (path, map) in shelf.maps.sorted(by: { $0.key < $1.key }) {
      let reduced = map.reduced(by: quality.mapDivisor, levelCount: quality.mapLevelCount)
      let file = try Image.palettePNG(
        width: reduced.width, height: reduced.height, indices: reduced.indices, palette: palette)
      byteCount += file.count
      guard byteCount <= byteLimit else { return nil }
      result.maps[path] = address(file)
    }
    return result
  }

  private static func address(_ file: [UInt8]) -> String {
    "data:image/png;base64," + base64(file)
  }
}
