import Images
import Testing

struct HostilePNGTests {
  @Test func theUnchangedFileIsRead() throws {
    #expect(try PNGBuilder.small().refusal == "")
  }

  @Test func everyCutIsRefused() throws {
    let bytes = try PNGBuilder.small().bytes
    for count in 0..<bytes.count {
      #expect(throws: ImageFailure.self) {
        try Image.decodePNG(Array(bytes[..<count]), origin: "x")
      }
    }
  }

  @Test func everyChangedByteIsRefused() throws {
    let bytes = try PNGBuilder.small().bytes
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      #expect(throws: ImageFailure.self) { try Image.decodePNG(changed, origin: "x") }
    }
  }

  @Test func bytesBehindTheEndAreNotLookedAt() throws {
    let bytes = try PNGBuilder.small().bytes + [1, 2, 3]
    #expect(try Image.decodePNG(bytes, origin: "x").image.width == 5)
  }

  @Test(arguments: [
    ([8: 3], "bit depth"), ([9: 1], "colour type"), ([10: 1], "compression method"),
    ([11: 1], "filter method"), ([12: 2], "interlace method"), ([3: 0], "size"),
    ([0: 0x80], "size"), ([0: 0x7F, 4: 0x7F], "pixels"), ([3: 6], "filter"), ([3: 4], "filter"),
    ([7: 4], "IDAT"), ([7: 2], "IDAT"), ([0: 1, 7: 1], "IDAT"),
  ])
  func aHeaderThatIsNotThePicturesIsRefused(change: [Int: UInt8], subject: String) throws {
    let builder = try PNGBuilder.small().changing("IHDR") {
      for (index, value) in change { $0[index] = value }
    }
    #expect(builder.refusal.contains(subject))
  }

  @Test func aBombIsRefusedBeforeItHasMemory() throws {
    // 2²⁷ pixels would take 0.4 GB; their stream cannot have fewer than 0.4 MB.
    let builder = try PNGBuilder.small().changing("IHDR") {
      $0[0...7] = [0, 0, 0x80, 0, 0, 0, 0x10, 0]
    }
    #expect(builder.refusal.contains("IDAT: expected a stream of 402657280 bytes"))
  }

  @Test func aFilterThatIsNoneIsRefused() throws {
    let builder = try PNGBuilder.small().changing("IDAT") {
      $0 = deflated([5] + [UInt8](repeating: 0, count: 47))
    }
    #expect(builder.refusal.contains("filter"))
  }

  @Test func moreRowsThanThePictureHasAreRefused() throws {
    let builder = try PNGBuilder.small().changing("IDAT") {
      $0 = deflated([UInt8](repeating: 0, count: 49))
    }
    #expect(builder.refusal.contains("the end of its stream"))
  }

  @Test func bytesBehindTheStreamAreRefused() throws {
    let builder = try PNGBuilder.small().changing("IDAT") { $0.append(0) }
    #expect(builder.refusal.contains("the end of its stream"))
  }

  @Test func aWrongAdlerChecksumIsRefused() throws {
    let builder = try PNGBuilder.small().changing("IDAT") { $0[$0.count - 1] ^= 1 }
    #expect(builder.refusal.contains("IDAT"))
  }

  @Test func anUnknownChunkThatIsCriticalIsRefused() throws {
    #expect(try PNGBuilder.small().adding("ABCD", []).refusal.contains("chunk ABCD"))
    #expect(try PNGBuilder.small().adding("aBCD", []).refusal == "")
    #expect(try PNGBuilder.small().adding("IHDR", []).refusal.contains("chunk IHDR"))
  }

  @Test func aChunkBetweenThoseOfThePictureIsRefused() throws {
    var builder = try PNGBuilder.small()
    let picture = builder.chunks[1].data
    builder.chunks[1...1] = [("IDAT", Array(picture[..<9])), ("IDAT", Array(picture[9...]))]
    #expect(builder.refusal == "")
    builder.chunks.insert(("tEXt", [65, 0]), at: 2)
    #expect(builder.refusal.contains("IDAT"))
  }

  @Test func aPictureWithoutItsPaletteIsRefused() throws {
    let file = try PNGBuilder(
      Image.palettePNG(
        width: 4, height: 1, indices: [0, 1, 2, 3],
        palette: [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]))
    var without = file
    without.chunks.removeAll { $0.type == "PLTE" }
    #expect(without.refusal.contains("PLTE"))
    #expect(file.changing("PLTE") { $0.removeLast() }.refusal.contains("PLTE"))
    #expect(file.changing("PLTE") { $0.removeLast(3) }.refusal.contains("colour 3"))
    #expect(file.changing("PLTE") { $0 += [0, 0, 0] }.refusal.contains("PLTE"))
    #expect(file.adding("PLTE", [0, 0, 0]).refusal.contains("PLTE"))
  }

  @Test(arguments: [
    ("tEXt", Array("no zero".utf8)), ("tEXt", [0, 65]),
    ("tEXt", [UInt8](repeating: 65, count: 80) + [0]), ("zTXt", [65, 0]), ("zTXt", [65, 0, 1]),
    ("zTXt", [65, 0, 0, 1, 2, 3]), ("iTXt", [65, 0, 0]), ("iTXt", [65, 0, 2, 0, 0, 0]),
    ("iTXt", [65, 0, 0, 1, 0, 0]), ("iTXt", [65, 0, 0, 0, 0]), ("iTXt", [65, 0, 0, 0, 65]),
    ("iTXt", [65, 0, 0, 0, 0, 0, 0xFF]), ("iTXt", [65, 0, 1, 0, 0, 0, 0xFF]),
  ])
  func aDamagedTextIsRefused(type: String, data: [UInt8]) throws {
    #expect(try !PNGBuilder.small().adding(type, data).refusal.isEmpty)
  }

  @Test func compressedTextsAreRead() throws {
    let text = "a text that is long " + String(repeating: "ä", count: 100)
    let latin1 = text.unicodeScalars.map { UInt8($0.value) }
    let file = try PNGBuilder.small()
      .adding("zTXt", [65, 0, 0] + deflated(latin1))
      .adding("iTXt", [66, 0, 1, 0, 0, 0] + deflated(Array(text.utf8))).bytes
    let texts = try Image.decodePNG(file, origin: "x").texts
    #expect(texts == [PNGText(keyword: "B", text: text), PNGText(keyword: "A", text: text)])
  }

  @Test func textsTogetherAreBounded() throws {
    let half = [65, 0, 0] + deflated([UInt8](repeating: 32, count: 8 << 20))
    let fits = try PNGBuilder.small().adding("zTXt", half).adding("zTXt", half)
    #expect(fits.refusal == "")
    let tooLong = fits.adding("zTXt", [65, 0, 0] + deflated([32]))
    #expect(tooLong.refusal.contains("texts: expected at most 16777216 bytes"))
  }
}
