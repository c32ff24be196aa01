internal import Images

/// The pictures of a page as the addresses that carry them: `data:image/png;base64,…`.
package struct EmbeddedPictures {
  /// By path.
  package private(set) var pictures: [String: String] = [:]
  /// FLIP maps by the candidate picture's path.
  package private(set) var maps: [String: String] = [:]
  /// The reduction they have in common; nil when there are none.
  package private(set) var quality: PictureQuality?

  /// The least reduction whose files have at most `byteLimit` bytes in all, before base64; without
  /// pictures when even the strongest has more.
  package static func fitting(_ shelf: PictureShelf, byteLimit: Int) throws -> EmbeddedPictures {
    guard !shelf.pictures.isEmpty else { return EmbeddedPictures() }
    for quality in PictureQuality.steps {
      guard try estimate(shelf, quality) <= byteLimit / 5 * 6 else { continue }
      if let pictures = try encode(shelf, quality, byteLimit: byteLimit) { return pictures }
    }
    return EmbeddedPictures()
  }

  /// About the bytes of all pictures without maps, from eight of them: most reductions are far too
  /// weak, and that is seen so in a moment.
  private static func estimate(_ shelf: PictureShelf, _ quality: PictureQuality) throws -> Int {
    let paths = shelf.pictures.keys.sorted()
    let step = max(1, paths.count / 8)
    let sample = stride(from: 0, to: paths.count, by: step).compactMap { shelf.pictures[paths[$0]] }
    let byteCount = try sample.reduce(0) { sum, picture in
      let reduced = picture.reduced(by: quality.divisor, levelCount: quality.levelCount)
      return try sum + reduced.png().count
    }
    return byteCount / max(1, sample.count) * paths.count
  }

  /// Nil as soon as there are too many bytes.
  private static func encode(
    _ shelf: PictureShelf, _ quality: PictureQuality, byteLimit: Int
  ) throws -> EmbeddedPictures? {
    var result = EmbeddedPictures()
    result.quality = quality
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
