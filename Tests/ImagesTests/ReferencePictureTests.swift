import Images
import Storage
import Testing

struct ReferencePictureTests {
  @Test func referencesHaveThePixelsThatDiffusersPrepares() throws {
    let cases = try ImageGoldens.read("references.json", as: ImageGoldens.Reference.self)
    #expect(cases.count == 6)
    for golden in cases {
      let image = try ImageGoldens.scene(golden.width, golden.height, "noisy")
        .preparedAsReference(largestArea: golden.area)
      #expect(image.width == golden.newWidth && image.height == golden.newHeight)
      let bytes = image.pixels.span.rawBytes
      #expect(CRC32(bytes).value == golden.checksum, "\(golden.width) × \(golden.height)")
    }
  }

  @Test func aSideBelow64PixelsIsRefused() {
    #expect(throws: ImageFailure.referenceTooSmall(width: 63, height: 80, smallestSide: 64)) {
      try ImageGoldens.scene(63, 80, "plain").preparedAsReference()
    }
  }

  @Test func aSideOfMoreThan8TimesTheOtherIsRefused() {
    #expect(throws: ImageFailure.referenceTooLong(width: 64, height: 513, largestRatio: 8)) {
      try ImageGoldens.scene(64, 513, "plain").preparedAsReference()
    }
  }

  @Test func aPictureOfTheLargestAreaKeepsItsPixels() throws {
    let image = ImageGoldens.scene(128, 64, "noisy")
    #expect(try image.preparedAsReference(largestArea: 128 * 64) == image)
  }
}
