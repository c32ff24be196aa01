public import MMDiT
public import Operations
internal import Storage

/// What someone asks to be rendered, in the words of a command line.
public struct RenderOptions: Sendable {
  /// The pipeline folder.
  public var model: String
  /// Files whose weights replace those of the pipeline's parts.
  public var weights: [String] = []
  public var prompts: [String]
  /// The PNG file of the one picture, or the folder of several.
  public var output: String
  /// At least 0; PyTorch and this suite use its low 32 bits.
  public var seed = 0
  /// A safetensors file with the initial latents, perhaps with `:TENSOR`; instead of a seed.
  public var noise: String?
  /// `WIDTHxHEIGHT` in pixels; nil for that of the first reference, or else 1024x1024.
  public var size: String?
  /// PNG files to edit or follow.
  public var references: [String] = []
  public var settings = RenderSettings()
  /// What the products of the transformer's blocks are computed in.
  public var arithmetic = Arithmetic.float32
  /// The program, for the picture's metadata.
  public var software: String

  public init(model: String, prompts: [String], output: String, software: String) {
    self.model = model
    self.prompts = prompts
    self.output = output
    self.software = software
  }

  /// The grid of a size in pixels, as `1024x768`; both are multiples of 16.
  public static func grid(_ size: String) throws(RenderingFailure) -> TokenGrid {
    let side = TokenGrid.pixelsPerToken
    let sides = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1],
      (1...1 << 16).contains(width), (1...1 << 16).contains(height),
      width.isMultiple(of: side), height.isMultiple(of: side)
    else {
      throw .request(
        subject: "size",
        expected:
          "WIDTHxHEIGHT, both multiples of \(side) from \(side) to 65536",
        found: size.isEmpty ? "nothing" : "\"\(size)\"")
    }
    return TokenGrid(pixelHeight: height, pixelWidth: width)
  }

  /// Noise levels from a list, as `1.0,0.65,0.3`.
  public static func levels(_ list: String) throws(RenderingFailure) -> [Double] {
    let levels = list.split(separator: ",", omittingEmptySubsequences: false).map {
      Double(String($0.drop { $0 == " " }))
    }
    let known = levels.compactMap { $0 }
    guard known.count == levels.count else {
      throw .request(
        subject: "sigmas", expected: "falling numbers with commas between them",
        found: "\"\(list)\"")
    }
    return known
  }

  /// The longest file of prompts that is read, in bytes.
  private static let largestPromptFile = 16 << 20

  /// The prompts of a text file, one on each line; lines of spaces alone are none.
  public static func prompts(ofFile path: String) throws -> [String] {
    let bytes = try FileReader.contents(of: path, limit: largestPromptFile)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RenderingFailure.request(
        subject: path, expected: "prompts in UTF-8", found: "other bytes")
    }
    return text.split(whereSeparator: \.isNewline).map(String.init).filter {
      !$0.allSatisfy(\.isWhitespace)
    }
  }
}
