import Foundation
import Images
import TestSupport

/// What other programs measured on painted scenes: see scripts/make-image-goldens.
struct MetricGolden: Decodable {
  struct Map: Decodable {
    let mean: Double
    /// 32-bit floats, row by row.
    let values: Data

    var floats: [Float] {
      let bytes = Array(values)
      return stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
      }
    }
  }

  let width: Int
  let height: Int
  let kind: String
  let peakSignalToNoise: Double
  let structuralSimilarity: Double?
  let multiScaleStructuralSimilarity: Double?
  let flip: Map?
  let flipAt30: Map?

  static func all() throws -> [MetricGolden] {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/metrics.json")
    return try JSONDecoder().decode([MetricGolden].self, from: Data(contentsOf: file))
  }

  var pictures: (reference: Image, candidate: Image) {
    (scene(width, height, "plain"), scene(width, height, kind))
  }
}

func scene(_ width: Int, _ height: Int, _ kind: String) -> Image {
  Image(
    width: width, height: height, pixels: paintedScene(width: width, height: height, kind: kind))
}
