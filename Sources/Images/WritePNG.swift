internal import Storage

extension Image {
  /// The picture as a PNG file: 8-bit RGB, not interlaced, the texts before the pixels in their order.
  ///
  /// The same picture and texts give the same bytes with the same version of zlib. Memory: about four
  /// times the picture. Throws when a keyword or a text is not one that a PNG file can hold, or
  /// when the picture has more than 2²⁸ pixels.
  public func png(texts: [PNGText] = []) throws(ImageFailure) -> [UInt8] {
    let header = PNGHeader(width: width, height: height, bitDepth: 8, colorType: .rgb)
    let filtered = PNGFilter.filtered(pixels, rowByteCount: width * 3, stride: 3)
    return try encodedPNG(header, palette: [], texts: texts, filtered: filtered)
  }

  /// Writes the picture as a PNG file; nothing half-written has the final name. Throws what
  /// `png(texts:)` throws, or a `StorageFailure`.
  public func writePNG(to path: String, texts: [PNGText] = []) throws {
    let bytes = try png(texts: texts)
    try AtomicFile.write(bytes.rawBytes, to: path)
  }

  /// An 8-bit grey picture `[height, width]` as a PNG file, a third of the size of its RGB twin or
  /// less.
  package static func greyPNG(
    width: Int, height: Int, values: [UInt8], texts: [PNGText] = []
  ) throws(ImageFailure) -> [UInt8] {
    precondition(width > 0 && height > 0 && values.count == width * height)
    let header = PNGHeader(width: width, height: height, bitDepth: 8, colorType: .grey)
    let filtered = PNGFilter.filtered(values, rowByteCount: width, stride: 1)
    return try encodedPNG(header, palette: [], texts: texts, filtered: filtered)
  }

  /// A picture `[height, width]` of indices into 1 to 256 colours as a PNG file, with as few bits for
  /// each pixel as the colours need.
  package static func palettePNG(
    width: Int, height: Int, indices: [UInt8],
    palette: [(red: UInt8, green: UInt8, blue: UInt8)], texts: [PNGText] = []
  ) throws(ImageFailure) -> [UInt8] {
    precondition(width > 0 && height > 0 && indices.count == width * height)
    precondition((1...256).contains(palette.count), "a palette has 1 to 256 colours")
    precondition(indices.allSatisfy { $0 < palette.count }, "an index is one of a colour")
    let depth = [1, 2, 4].first { palette.count <= 1 << $0 } ?? 8
    let header = PNGHeader(width: width, height: height, bitDepth: depth, colorType: .palette)
    var filtered: [UInt8] = []
    for y in 0..<height {
      // Neighbouring indices say nothing of each other: filters do not help (12.7).
      var row = [UInt8](repeating: 0, count: 1 + header.rowByteCount(width))
      for x in 0..<width {
        row[1 + x * depth / 8] |= indices[y * width + x] << UInt8(8 - depth - x * depth % 8)
      }
      filtered += row
    }
    return try encodedPNG(
      header, palette: palette.flatMap { [$0.red, $0.green, $0.blue] }, texts: texts,
      filtered: filtered)
  }
}

/// The file of filtered rows.
private func encodedPNG(
  _ header: PNGHeader, palette: [UInt8], texts: [PNGText], filtered: [UInt8]
) throws(ImageFailure) -> [UInt8] {
  guard header.width <= PNGHeader.largestPixelCount / header.height else {
    throw .tooManyPixels(path: "PNG", width: header.width, height: header.height)
  }
  var file = PNGChunks.signature
  PNGChunks.append("IHDR", header.bytes, to: &file)
  if !palette.isEmpty { PNGChunks.append("PLTE", palette, to: &file) }
  for text in texts {
    let chunk = try text.chunk()
    PNGChunks.append(chunk.type, chunk.data, to: &file)
  }
  PNGChunks.append("IDAT", deflated(filtered), to: &file)
  PNGChunks.append("IEND", [], to: &file)
  return file
}
