import Foundation
import Images
import TestSupport

/// What other programs made of pictures: see scripts/make-image-goldens.
enum ImageGoldens {
  struct File: Decodable {
    let name: String
    let width: Int
    let height: Int
    /// The PNG file.
    let file: Data
    /// Its pixels.
    let rgb: Data
  }

  struct Resampled: Decodable {
    let width: Int
    let height: Int
    let kind: String
    let newWidth: Int
    let newHeight: Int
    /// CRC-32 of the pixels.
    let checksum: UInt32
  }

  struct Reference: Decodable {
    let width: Int
    let height: Int
    let area: Int
    let newWidth: Int
    let newHeight: Int
    let checksum: UInt32
  }

  static func read<Case: Decodable>(_ name: String, as type: Case.Type) throws -> [Case] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: folder.appending(path: "Goldens/\(name)")))
  }

  static func scene(_ width: Int, _ height: Int, _ kind: String) -> Image {
    Image(
      width: width, height: height, pixels: paintedScene(width: width, height: height, kind: kind))
  }
}
