internal import Storage

extension Image {
  /// Reads a PNG file as 8-bit RGB, with its texts in the order of the file.
  ///
  /// Every colour type and bit depth, interlaced or not. Alpha and transparent colours are dropped
  /// and colour profiles and gamma are not looked at, as Pillow's `convert("RGB")` does; of 16 bits
  /// the upper 8 stay (Pillow clips 16-bit greys at 255 instead, which no viewer does). Memory: the
  /// file twice and the picture. Throws a `StorageFailure` when the file cannot be read or has 2 GiB,
  /// else an `ImageFailure`.
  public static func readPNG(_ path: String) throws -> (image: Image, texts: [PNGText]) {
    let bytes = try FileReader.contents(of: path, limit: 1 << 31 - 1)
    return try decodePNG(bytes, origin: path)
  }

  /// Decodes the bytes of a PNG file; `origin` names them in failures.
  public static func decodePNG(
    _ bytes: [UInt8], origin: String
  ) throws(ImageFailure) -> (image: Image, texts: [PNGText]) {
    let file = try PNGFile(bytes, path: origin)
    return (try file.image(), file.texts)
  }
}

/// The content of a PNG file, checked but for the picture itself.
private struct PNGFile {
  let path: String
  let header: PNGHeader
  /// Three bytes for each colour; empty when the picture has none.
  private(set) var palette: [UInt8] = []
  private(set) var compressed: [UInt8] = []
  let texts: [PNGText]

  init(_ bytes: [UInt8], path: String) throws(ImageFailure) {
    func refuse(_ subject: String, _ expected: String, _ found: String) -> ImageFailure {
      .malformed(path: path, subject: subject, expected: expected, found: found)
    }
    self.path = path
    let chunks = try PNGChunks.read(bytes, path: path)
    guard let first = chunks.first, first.type == "IHDR" else {
      throw refuse("first chunk", "IHDR", chunks.first?.type ?? "none")
    }
    header = try PNGHeader(Array(bytes[first.data]), path: path)
    var reader = PNGTextReader(path: path)
    var previous = "IHDR"
    for chunk in chunks.dropFirst() {
      switch chunk.type {
      case "PLTE":
        let largest = header.colorType == .palette ? 1 << header.bitDepth : 256
        guard chunk.data.count.isMultiple(of: 3), (1...largest).contains(chunk.data.count / 3),
          palette.isEmpty, compressed.isEmpty
        else {
          throw refuse(
            "PLTE", "one, before the picture, of 1 to \(largest) colours",
            "\(chunk.data.count) bytes")
        }
        palette = Array(bytes[chunk.data])
      case "IDAT":
        guard compressed.isEmpty || previous == "IDAT" else {
          throw refuse("IDAT", "chunks behind each other", "others between them")
        }
        compressed += bytes[chunk.data]
      case "IEND": break
      default:
        // The case of the first letter says whether the picture can be shown without the chunk.
        guard chunk.type.first?.isLowercase == true else {
          throw refuse("chunk \(chunk.type)", "IHDR once, PLTE, IDAT or IEND", "it")
        }
        try reader.take(chunk.type, bytes[chunk.data])
      }
      previous = chunk.type
    }
    texts = reader.texts
    guard header.colorType != .palette || !palette.isEmpty else {
      throw refuse("PLTE", "colours, as the colour type is 3", "none")
    }
    // Deflate makes at most 258 bytes of 2 bits: a picture is not given memory on its header's word.
    guard header.filteredByteCount / 1032 <= compressed.count else {
      throw refuse(
        "IDAT", "a stream of \(header.filteredByteCount) bytes", "\(compressed.count) bytes of it")
    }
  }

  /// Decompresses the rows one by one and puts their pixels where they belong.
  func image() throws(ImageFailure) -> Image {
    var pixels = [UInt8](repeating: 0, count: header.width * header.height * 3)
    var inflater = Inflater(compressed)
    for pass in header.passes {
      let byteCount = header.rowByteCount(pass.width)
      var above = [UInt8](repeating: 0, count: byteCount)
      var row = above
      for line in 0..<pass.height {
        let filter = try self.filter(&inflater)
        try read(&inflater, into: &row)
        filter.restore(&row, above: above, stride: header.filterStride)
        try place(row, pass: pass, y: pass.y + line * pass.yStep, in: &pixels)
        swap(&row, &above)
      }
    }
    do {
      try inflater.finish()
    } catch { throw refuse("IDAT", "the end of its stream", "more or damaged bytes") }
    return Image(width: header.width, height: header.height, pixels: pixels)
  }

  private func filter(_ inflater: inout Inflater) throws(ImageFailure) -> PNGFilter {
    var byte: [UInt8] = [0]
    try read(&inflater, into: &byte)
    guard let filter = PNGFilter(rawValue: byte[0]) else {
      throw refuse("filter of a row", "0 to 4", "\(byte[0])")
    }
    return filter
  }

  private func read(_ inflater: inout Inflater, into row: inout [UInt8]) throws(ImageFailure) {
    var span = row.mutableSpan
    let count: Int
    do {
      count = try inflater.read(into: &span)
    } catch { throw refuse("IDAT", "a zlib stream", "a damaged or cut one") }
    guard count == row.count else {
      throw refuse("IDAT", "\(header.filteredByteCount) bytes decompressed", "fewer")
    }
  }

  /// Puts the pixels of a restored row into the picture.
  private func place(
    _ row: [UInt8], pass: PNGHeader.Pass, y: Int, in pixels: inout [UInt8]
  ) throws(ImageFailure) {
    let channelCount = header.colorType.channelCount
    let isColor = channelCount >= 3
    var target = (y * header.width + pass.x) * 3
    for x in 0..<pass.width {
      let first = sample(row, x * channelCount)
      if header.colorType == .palette {
        guard first * 3 < palette.count else {
          throw refuse("pixel", "one of \(palette.count / 3) colours", "colour \(first)")
        }
        for channel in 0..<3 { pixels[target + channel] = palette[first * 3 + channel] }
      } else {
        pixels[target] = UInt8(first)
        for channel in 1..<3 {
          pixels[target + channel] =
            UInt8(isColor ? sample(row, x * channelCount + channel) : first)
        }
      }
      target += 3 * pass.xStep
    }
  }

  /// A sample of a row: the colour of a palette as it is, else in 8 bits.
  @inline(__always)
  private func sample(_ row: [UInt8], _ index: Int) -> Int {
    switch header.bitDepth {
    case 8: return Int(row[index])
    case 16: return Int(row[2 * index])
    default:
      let depth = header.bitDepth
      let largest = 1 << depth - 1
      let shift = 8 - depth - index * depth % 8
      let value = Int(row[index * depth / 8]) >> shift & largest
      return header.colorType == .palette ? value : value * 255 / largest
    }
  }

  private func refuse(_ subject: String, _ expected: String, _ found: String) -> ImageFailure {
    .malformed(path: path, subject: subject, expected: expected, found: found)
  }
}
