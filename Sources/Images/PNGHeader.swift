/// The header chunk of a PNG file (IHDR; PNG specification, third edition, 11.2.1).
struct PNGHeader: Hashable {
  enum ColorType: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgbAlpha = 6

    var channelCount: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgbAlpha: 4
      }
    }

    var bitDepths: [Int] {
      switch self {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .rgb, .greyAlpha, .rgbAlpha: [8, 16]
      }
    }
  }

  /// Pictures of more pixels are refused: 2²⁸, 0.8 GB as 8-bit RGB.
  static let largestPixelCount = 1 << 28

  let width: Int
  let height: Int
  let bitDepth: Int
  let colorType: ColorType
  let isInterlaced: Bool

  init(width: Int, height: Int, bitDepth: Int, colorType: ColorType) {
    self.width = width
    self.height = height
    self.bitDepth = bitDepth
    self.colorType = colorType
    isInterlaced = false
  }

  /// Reads and checks the 13 bytes of the chunk.
  init(_ bytes: [UInt8], path: String) throws(ImageFailure) {
    func refuse(_ subject: String, _ expected: String, _ found: Any) -> ImageFailure {
      .malformed(path: path, subject: subject, expected: expected, found: "\(found)")
    }
    guard bytes.count == 13 else { throw refuse("IHDR", "13 bytes", bytes.count) }
    width = Int(bigEndian(bytes, at: 0))
    height = Int(bigEndian(bytes, at: 4))
    guard width > 0, height > 0, width < 1 << 31, height < 1 << 31 else {
      throw refuse("size", "sides from 1 to 2147483647", "\(width) × \(height)")
    }
    // Below 2⁶² by the bounds of the sides.
    guard width * height <= Self.largestPixelCount else {
      throw .tooManyPixels(path: path, width: width, height: height)
    }
    guard let type = ColorType(rawValue: bytes[9]) else {
      throw refuse("colour type", "0, 2, 3, 4 or 6", bytes[9])
    }
    colorType = type
    bitDepth = Int(bytes[8])
    guard type.bitDepths.contains(bitDepth) else {
      throw refuse(
        "bit depth of colour type \(type.rawValue)", "one of \(type.bitDepths)", bitDepth)
    }
    guard bytes[10] == 0 else { throw refuse("compression method", "0", bytes[10]) }
    guard bytes[11] == 0 else { throw refuse("filter method", "0", bytes[11]) }
    guard bytes[12] <= 1 else { throw refuse("interlace method", "0 or 1", bytes[12]) }
    isInterlaced = bytes[12] == 1
  }

  var bytes: [UInt8] {
    bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [
      UInt8(bitDepth), colorType.rawValue, 0, 0, isInterlaced ? 1 : 0,
    ]
  }

  /// How far filters look to the left: the bytes of a pixel, at least 1.
  var filterStride: Int { max(1, bitDepth * colorType.channelCount / 8) }

  /// The bytes of a row of `width` pixels, without its filter.
  func rowByteCount(_ width: Int) -> Int { (width * bitDepth * colorType.channelCount + 7) / 8 }

  /// The bytes that the picture decompresses to: the rows of every pass, each with its filter.
  var filteredByteCount: Int {
    passes.reduce(0) { $0 + $1.height * (1 + rowByteCount($1.width)) }
  }

  /// Pixels that follow each other in the file: the picture, or the seven passes of Adam7 that have
  /// pixels (8.2).
  struct Pass: Hashable {
    let x: Int
    let y: Int
    let xStep: Int
    let yStep: Int
    let width: Int
    let height: Int
  }

  var passes: [Pass] {
    guard isInterlaced else {
      return [Pass(x: 0, y: 0, xStep: 1, yStep: 1, width: width, height: height)]
    }
    let starts = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
      (0, 1, 1, 2),
    ]
    return starts.compactMap { x, y, xStep, yStep in
      guard x < width, y < height else { return nil }
      return Pass(
        x: x, y: y, xStep: xStep, yStep: yStep, width: (width - x + xStep - 1) / xStep,
        height: (height - y + yStep - 1) / yStep)
    }
  }
}

/// The four bytes at `offset` as PNG stores numbers.
func bigEndian(_ bytes: [UInt8], at offset: Int) -> UInt32 {
  bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
}

/// A number as PNG stores it.
func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}
