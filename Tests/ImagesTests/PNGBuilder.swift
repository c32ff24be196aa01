import Images
import Storage

/// The chunks of a PNG file, to be changed and put together again with right checksums.
struct PNGBuilder {
  var chunks: [(type: String, data: [UInt8])]

  init(_ bytes: [UInt8]) throws {
    chunks = try PNGChunks.read(bytes, path: "builder").map { ($0.type, Array(bytes[$0.data])) }
  }

  /// A picture of 5 × 3 pixels.
  static func small() throws -> PNGBuilder {
    try PNGBuilder(
      Image(width: 5, height: 3, pixels: (0..<45).map { UInt8($0 * 5) }).png())
  }

  var bytes: [UInt8] {
    var file = PNGChunks.signature
    for chunk in chunks { PNGChunks.append(chunk.type, chunk.data, to: &file) }
    return file
  }

  /// Changes the data of the first chunk of a type.
  func changing(_ type: String, _ change: (inout [UInt8]) -> Void) -> PNGBuilder {
    var builder = self
    if let index = chunks.firstIndex(where: { $0.type == type }) {
      change(&builder.chunks[index].data)
    }
    return builder
  }

  /// Adds a chunk behind the header.
  func adding(_ type: String, _ data: [UInt8]) -> PNGBuilder {
    var builder = self
    builder.chunks.insert((type, data), at: 1)
    return builder
  }

  /// The sentence with which the file is refused; empty when it is not.
  var refusal: String {
    do {
      _ = try Image.decodePNG(bytes, origin: "x.png")
      return ""
    } catch { return "\(error)" }
  }
}
