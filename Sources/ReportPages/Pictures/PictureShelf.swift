internal import ImageMetrics
package import Images

/// The pictures of a page and their FLIP maps, read once.
///
/// Memory: three bytes for each pixel of every picture and one for each of every map, where pictures
/// of more than 1024 pixels on a side are halved until they have fewer. FLIP is computed before.
package struct PictureShelf {
  /// By path.
  package private(set) var pictures: [String: Image] = [:]
  /// By the candidate picture's path.
  package private(set) var maps: [String: IndexedMap] = [:]
  /// Why a picture or a map is not there, by path.
  package private(set) var reasons: [String: String] = [:]

  /// The largest side of a picture on the shelf.
  private static let largestSide = 1024

  package init() {}

  /// Reads a golden's picture and those of the candidates. What cannot be read is remembered with
  /// the reason and left out.
  package mutating func add(golden: String, candidates: [String]) {
    let original = original(golden)
    for path in candidates where pictures[path] == nil && reasons[path] == nil {
      guard let picture = self.original(path) else { continue }
      pictures[path] = small(picture)
      guard let original else { continue }
      do {
        maps[path] = try small(IndexedMap(flip(reference: original, candidate: picture)))
      } catch {
        reasons[path] = firstLine(of: error)
      }
    }
    if let original { pictures[golden] = small(original) }
  }

  private mutating func original(_ path: String) -> Image? {
    do {
      return try Image.readPNG(path).image
    } catch {
      reasons[path] = firstLine(of: error)
      return nil
    }
  }

  private func small(_ picture: Image) -> Image {
    let divisor = divisor(max(picture.width, picture.height))
    return divisor == 1 ? picture : picture.reduced(by: divisor, levelCount: 256)
  }

  private func small(_ map: IndexedMap) -> IndexedMap {
    let divisor = divisor(max(map.width, map.height))
    return divisor == 1 ? map : map.reduced(by: divisor, levelCount: map.levelCount)
  }

  private func divisor(_ side: Int) -> Int {
    var divisor = 1
    while side > Self.largestSide * divisor { divisor *= 2 }
    return divisor
  }

  private func firstLine(of error: any Error) -> String {
    "\(error)".split(separator: "\n").first.map(String.init) ?? "it cannot be read"
  }
}
