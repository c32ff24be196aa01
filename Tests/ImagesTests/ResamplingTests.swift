import Images
import Storage
import Testing

struct ResamplingTests {
  @Test func everySizeHasTheBitsOfPillow() throws {
    let cases = try ImageGoldens.read("resampled.json", as: ImageGoldens.Resampled.self)
    #expect(cases.count == 12)
    for golden in cases {
      let image = ImageGoldens.scene(golden.width, golden.height, golden.kind)
        .resized(width: golden.newWidth, height: golden.newHeight)
      let bytes = image.pixels.span.rawBytes
      #expect(
        CRC32(bytes).value == golden.checksum,
        "\(golden.width) × \(golden.height) to \(golden.newWidth) × \(golden.newHeight)")
    }
  }

  @Test func oneColourStaysThatColourInEverySize() {
    let image = Image(width: 7, height: 5, pixels: [UInt8](repeating: 201, count: 105))
    for (width, height) in [(1, 1), (3, 9), (50, 2), (8, 6)] {
      let resized = image.resized(width: width, height: height)
      #expect(resized.pixels.allSatisfy { $0 == 201 })
    }
  }

  @Test func aPartHasItsPixels() {
    let image = Image(width: 3, height: 2, pixels: Array(0..<18))
    #expect(
      image.cropped(x: 1, y: 1, width: 2, height: 1)
        == Image(width: 2, height: 1, pixels: Array(12..<18)))
  }
}
