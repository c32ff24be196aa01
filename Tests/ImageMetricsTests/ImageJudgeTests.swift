import Foundation
import ImageMetrics
import Images
import Testing

/// Does for scripts/judges/images what its cases ask, and leaves the results beside them: pictures as
/// their bytes, figures as JSON, maps as 32-bit floats. The judge compares.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MMDIT_IMAGE_CASES"] != nil))
struct ImageJudgeTests {
  struct Case: Decodable {
    let name: String
    let action: String
    var width = 0
    var height = 0
    var newWidth = 0
    var newHeight = 0
    var area = 0
    var texts: [[String]] = []
    var palette: [[UInt8]] = []

    enum CodingKeys: String, CodingKey {
      case name, action, width, height, newWidth, newHeight, area, texts, palette
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      action = try values.decode(String.self, forKey: .action)
      width = try values.decodeIfPresent(Int.self, forKey: .width) ?? 0
      height = try values.decodeIfPresent(Int.self, forKey: .height) ?? 0
      newWidth = try values.decodeIfPresent(Int.self, forKey: .newWidth) ?? 0
      newHeight = try values.decodeIfPresent(Int.self, forKey: .newHeight) ?? 0
      area = try values.decodeIfPresent(Int.self, forKey: .area) ?? 0
      texts = try values.decodeIfPresent([[String]].self, forKey: .texts) ?? []
      palette = try values.decodeIfPresent([[UInt8]].self, forKey: .palette) ?? []
    }
  }

  let folder = URL(
    filePath: ProcessInfo.processInfo.environment["MMDIT_IMAGE_CASES"] ?? "/nowhere")

  @Test func everyCaseHasAResult() throws {
    let cases = try JSONDecoder().decode([Case].self, from: Data(bytes("cases.json")))
    #expect(!cases.isEmpty)
    for one in cases { try perform(one) }
  }

  private func perform(_ one: Case) throws {
    let name = one.name
    switch one.action {
    case "read":
      do {
        let (image, texts) = try Image.readPNG(folder.appending(path: "\(name).png").path)
        try leave(image.pixels, "\(name).rgb")
        try leave(
          Array(JSONEncoder().encode(texts.map { [$0.keyword, $0.text] })), "\(name).texts")
      } catch let failure as ImageFailure { try leave(Array("\(failure)".utf8), "\(name).refused") }
    case "write":
      let texts = one.texts.map { PNGText(keyword: $0[0], text: $0[1]) }
      try picture(one).writePNG(
        to: folder.appending(path: "\(name).png").path, texts: texts)
    case "grey":
      let file = try Image.greyPNG(
        width: one.width, height: one.height, values: bytes("\(name).raw"))
      try leave(file, "\(name).png")
    case "palette":
      let file = try Image.palettePNG(
        width: one.width, height: one.height, indices: bytes("\(name).raw"),
        palette: one.palette.map { ($0[0], $0[1], $0[2]) })
      try leave(file, "\(name).png")
    case "resize":
      let image = try picture(one).resized(width: one.newWidth, height: one.newHeight)
      try leave(image.pixels, "\(name).rgb")
    case "reference":
      try leave(picture(one).preparedAsReference(largestArea: one.area).pixels, "\(name).rgb")
    case "compare": try compare(one)
    default: Issue.record("an action that is none: \(one.action)")
    }
  }

  private func compare(_ one: Case) throws {
    let reference = try picture(one)
    let candidate = try picture(one, of: "\(one.name).other")
    let clock = ContinuousClock()
    let start = clock.now
    let map = try flip(reference: reference, candidate: candidate)
    let seconds = (clock.now - start) / .seconds(1)
    let values = [
      "psnr": try peakSignalToNoise(reference, candidate),
      "ssim": try structuralSimilarity(reference, candidate),
      "ms_ssim": try multiScaleStructuralSimilarity(reference, candidate),
      "flip": map.mean, "flip_seconds": seconds,
    ]
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try leave(Array(encoder.encode(values)), "\(one.name).json")
    let floats = map.values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    try leave(floats, "\(one.name).flip")
  }

  private func picture(_ one: Case, of name: String? = nil) throws -> Image {
    Image(width: one.width, height: one.height, pixels: try bytes("\(name ?? one.name).raw"))
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: name)))
  }

  private func leave(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: folder.appending(path: name))
  }
}
