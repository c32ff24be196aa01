import Images
import TestSupport
import Testing

struct WritePNGTests {
  private func noise(_ width: Int, _ height: Int) -> Image {
    var state: UInt64 = 7
    let pixels = (0..<width * height * 3).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return index % 7 < 4 ? UInt8(truncatingIfNeeded: index / 9) : UInt8(state >> 56)
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  @Test(arguments: [(1, 1), (1, 40), (40, 1), (33, 17), (64, 64)])
  func whatIsWrittenIsRead(width: Int, height: Int) throws {
    let image = noise(width, height)
    #expect(try Image.decodePNG(image.png(), origin: "x").image == image)
  }

  @Test func textsOfEveryKindComeBackInOrder() throws {
    let texts = [
      PNGText(keyword: "Software", text: "mmdit-render"),
      PNGText(keyword: "Größe", text: "naïve\nlines"),
      PNGText(keyword: "prompt", text: "ein Bild 🦊 of 猫"),
      PNGText(keyword: "prompt", text: "tab\tand\rreturn"),
      PNGText(keyword: "empty", text: ""),
    ]
    let file = try noise(4, 4).png(texts: texts)
    #expect(try Image.decodePNG(file, origin: "x").texts == texts)
    let types = try PNGBuilder(file).chunks.map(\.type)
    #expect(types == ["IHDR", "tEXt", "tEXt", "iTXt", "iTXt", "tEXt", "IDAT", "IEND"])
  }

  @Test(arguments: [
    "", " leading", "trailing ", "double  space", "line\nbreak", "猫", "non\u{A0}breaking",
    String(repeating: "k", count: 80),
  ])
  func aKeywordThatTheSpecificationForbidsIsRefused(keyword: String) {
    #expect(throws: ImageFailure.invalidKeyword(keyword)) {
      try noise(2, 2).png(texts: [PNGText(keyword: keyword, text: "x")])
    }
  }

  @Test func aKeywordOf79CharactersIsWritten() throws {
    let text = PNGText(keyword: String(repeating: "k", count: 79), text: "x")
    #expect(try Image.decodePNG(noise(2, 2).png(texts: [text]), origin: "x").texts == [text])
  }

  @Test func aTextWithNULIsRefused() {
    #expect(throws: ImageFailure.invalidText(keyword: "k")) {
      try noise(2, 2).png(texts: [PNGText(keyword: "k", text: "a\0b")])
    }
  }

  @Test func rowsHaveTheFilterWithTheLeastSum() throws {
    // A row like the one above leaves nothing for "up"; a constant row leaves one pixel for "sub".
    let constant = [UInt8](repeating: 100, count: 30)
    let varied = (0..<30).map { UInt8($0 * 91 % 256) }
    let filtered = PNGFilter.filtered(constant + varied + varied, rowByteCount: 30, stride: 3)
    #expect(filtered[0] == PNGFilter.sub.rawValue)
    #expect(filtered[62] == PNGFilter.up.rawValue)
    #expect(filtered[63...].allSatisfy { $0 == 0 })
  }

  @Test func aGreyPictureIsReadAsEqualChannels() throws {
    let values = (0..<77).map { UInt8($0 * 3) }
    let file = try Image.greyPNG(width: 11, height: 7, values: values)
    let expected = values.flatMap { [$0, $0, $0] }
    #expect(try Image.decodePNG(file, origin: "x").image.pixels == expected)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 16, 17, 256])
  func aPaletteIsReadAsItsColours(colourCount: Int) throws {
    var palette: [(red: UInt8, green: UInt8, blue: UInt8)] = []
    for index in 0..<colourCount {
      palette.append((UInt8(index), UInt8(255 - index), UInt8(index / 2)))
    }
    let indices = (0..<91).map { UInt8($0 * 37 % colourCount) }
    let file = try Image.palettePNG(width: 13, height: 7, indices: indices, palette: palette)
    let colours = palette.map { [$0.red, $0.green, $0.blue] }
    let expected = indices.flatMap { colours[Int($0)] }
    #expect(try Image.decodePNG(file, origin: "x").image.pixels == expected)
  }

  @Test func aFileIsWrittenAndReadUnderItsName() throws {
    try TemporaryFolder.with { folder in
      let image = noise(9, 9)
      try image.writePNG(to: folder.path + "/a.png", texts: [PNGText(keyword: "k", text: "v")])
      let read = try Image.readPNG(folder.path + "/a.png")
      #expect(read.image == image && read.texts.count == 1)
    }
  }
}
