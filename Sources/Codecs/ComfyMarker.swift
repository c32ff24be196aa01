internal import StrictJSON

/// The document by which ComfyUI knows how a layer is stored: `{"format": "int8_tensorwise"}`, and
/// with `"convrot": true, "convrot_groupsize": 256` that its columns were rotated before.
enum ComfyMarker {
  static let ending = "comfy_quant"

  /// The bytes of the document of a format, whose columns were rotated in groups of so many.
  static func bytes(format: String, rotationSize: Int? = nil) -> [UInt8] {
    let rotation = rotationSize.map { ", \"convrot\": true, \"convrot_groupsize\": \($0)" } ?? ""
    return Array("{\"format\": \"\(format)\"\(rotation)}".utf8)
  }

  /// Throws unless the document names this format and this rotation of the weights, or none.
  ///
  /// Nothing at all is accepted: files may state formats in their header instead.
  static func require(
    _ format: String, rotationSize: Int? = nil, in bytes: [UInt8]
  ) throws(CodecFailure) {
    if bytes.isEmpty { return }
    do throws(JSONFailure) {
      let document = try JSONField.parse(bytes, document: ending)
      let found = try document["format"].string()
      guard found == format else {
        throw document.failure(expected: "the format \(format)", found: found)
      }
      let isRotated = try document.optional("convrot")?.bool() == true
      let size = try document.optional("convrot_groupsize")?.integer() ?? usualRotationSize
      guard (isRotated ? size : nil) == rotationSize else {
        throw document.failure(
          expected: "the rotation of the codec",
          found: isRotated ? "that of \(size) columns" : "none")
      }
    } catch {
      throw .badArray(
        ending: ending,
        expected: String(
          decoding: Self.bytes(format: format, rotationSize: rotationSize), as: UTF8.self),
        found: String(decoding: bytes.prefix(200), as: UTF8.self))
    }
  }

  /// What ComfyUI takes where a document tells no size.
  private static let usualRotationSize = 256
}
