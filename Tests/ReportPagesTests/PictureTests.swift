import FidelityReports
import ImageMetrics
import Images
import ReportPages
import Storage
import TestSupport
import Testing

@Suite struct PictureTests {
  @Test func allLevelsAndPixelsKeepAPictureAsItIs() {
    let picture = noise(width: 5, height: 4)
    #expect(picture.reduced(by: 1, levelCount: 256) == picture)
  }

  @Test func fewerLevelsAreTheNearest() {
    let grey = Image(width: 256, height: 1, pixels: (0..<256).flatMap { [UInt8($0), 0, 255] })
    let reduced = grey.reduced(by: 1, levelCount: 32)
    for value in 0..<256 {
      let found = Double(reduced.pixels[value * 3])
      // 32 levels lie 255 / 31 apart; rounding to 8 bits adds a half.
      #expect(abs(found - Double(value)) <= 255.0 / 62 + 0.5)
    }
    #expect(Set(reduced.pixels).count == 32)
    #expect(reduced.pixels[1] == 0 && reduced.pixels[2] == 255)
  }

  @Test func squaresBecomeTheirMeanAlsoAtTheEdge() {
    let picture = Image(
      width: 3, height: 1, pixels: [10, 0, 0, 20, 0, 0, 7, 0, 0])
    let reduced = picture.reduced(by: 2, levelCount: 256)
    #expect(reduced.width == 2 && reduced.height == 1)
    #expect(reduced.pixels == [15, 0, 0, 7, 0, 0])
  }

  @Test func mapsKeepTheWorstOfASquare() {
    let map = IndexedMap(width: 3, height: 2, levelCount: 256, indices: [0, 9, 255, 3, 0, 0])
    let reduced = map.reduced(by: 2, levelCount: 256)
    #expect(reduced.indices == [9, 255])
    #expect(map.reduced(by: 1, levelCount: 16).indices == [0, 1, 15, 0, 0, 0])
  }

  @Test(arguments: [16, 32])
  func colorsOfMapsGetLighterInEvenSteps(_ count: Int) {
    let luminance = HeatPalette.colors(count).map {
      0.2126 * Double($0.red) + 0.7152 * Double($0.green) + 0.0722 * Double($0.blue)
    }
    for (darker, lighter) in zip(luminance, luminance.dropFirst()) { #expect(darker < lighter) }
  }

  @Test func picturesAreReducedUntilTheyFit() throws {
    var shelf = PictureShelf()
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      for name in ["golden", "a", "b"] {
        try noise(width: 64, height: 64, seed: name.utf8.count).writePNG(
          to: folder + "/\(name).png")
      }
      shelf.add(
        golden: folder + "/golden.png", candidates: ["a", "b"].map { folder + "/\($0).png" })
    }
    #expect(shelf.pictures.count == 3 && shelf.maps.count == 2 && shelf.reasons.isEmpty)
    let whole = try EmbeddedPictures.fitting(shelf, byteLimit: 1_000_000)
    #expect(whole.quality == PictureQuality.steps.first)
    var divisors: [Int] = []
    for limit in stride(from: 60_000, to: 0, by: -1000) {
      let fitting = try EmbeddedPictures.fitting(shelf, byteLimit: limit)
      let characters =
        fitting.pictures.values.reduce(0) { $0 + $1.utf8.count - 22 }
        + fitting.maps.values.reduce(0) { $0 + $1.utf8.count - 22 }
      #expect(characters <= base64Length(limit) + 4 * 5)
      if let quality = fitting.quality { divisors.append(quality.divisor) }
    }
    #expect(divisors == divisors.sorted())
    #expect(try EmbeddedPictures.fitting(shelf, byteLimit: 10).quality == nil)
  }

  @Test func picturesThatAreGoneAreSaidAndNotFatal() throws {
    let picture = PictureReport(
      file: "gone.png", goldenFile: "golden.png", psnr: 30, ssim: 0.9, multiScaleSSIM: .nan,
      flip: 0.1)
    let html = try ReportPage(reports: [(sampleReport(picture: picture), "/nowhere")]).html()
    #expect(html.contains("/nowhere/gone.png"))
    #expect(html.contains("No golden picture: /nowhere/golden.png"))
    #expect(html.contains("No picture could be read."))
  }

  @Test func picturesOfOtherSizesAreShownWithoutAMap() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      try noise(width: 8, height: 8).writePNG(to: folder + "/golden.png")
      try noise(width: 8, height: 9).writePNG(to: folder + "/candidate.png")
      var shelf = PictureShelf()
      shelf.add(golden: folder + "/golden.png", candidates: [folder + "/candidate.png"])
      #expect(shelf.pictures.count == 2 && shelf.maps.isEmpty && shelf.reasons.count == 1)
    }
  }

  @Test func thePageCarriesItsPicturesAndSaysWhatWasDoneToThem() throws {
    try TemporaryFolder.with { temporary in
      let folder = temporary.path
      try noise(width: 16, height: 16).writePNG(to: folder + "/golden.png")
      try noise(width: 16, height: 16, seed: 9).writePNG(to: folder + "/candidate.png")
      let picture = PictureReport(
        file: "candidate.png", goldenFile: "golden.png", psnr: 30, ssim: 0.9,
        multiScaleSSIM: 0.95, flip: 0.1)
      let html = try ReportPage(reports: [(sampleReport(picture: picture), folder)]).html()
      #expect(html.contains("src=\"data:image/png;base64,iVBORw0KGgo"))
      #expect(html.contains("Pictures are shown at full size with all their values"))
      #expect(html.contains("All figures come from the originals."))
    }
  }

  /// Values that deflate cannot guess, the same for a seed.
  private func noise(width: Int, height: Int, seed: Int = 1) -> Image {
    var state = UInt64(seed)
    return Image(
      width: width, height: height,
      pixels: (0..<width * height * 3).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(state >> 56)
      })
  }
}
