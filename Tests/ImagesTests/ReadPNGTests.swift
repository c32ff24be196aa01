import Images
import Testing

struct ReadPNGTests {
  /// All colour types and depths, interlaced or not, every filter, transparency, two IDAT chunks.
  /// Pillow reads the same pixels, but for greys of 16 bits, which it clips.
  @Test func everyKindOfFileHasThePixelsThatPillowReads() throws {
    let cases = try ImageGoldens.read("png.json", as: ImageGoldens.File.self)
    #expect(cases.count == 90)
    for golden in cases {
      let image = try Image.decodePNG(Array(golden.file), origin: golden.name).image
      #expect(image.width == golden.width && image.height == golden.height, "\(golden.name)")
      #expect(image.pixels == Array(golden.rgb), "\(golden.name)")
    }
  }
}
