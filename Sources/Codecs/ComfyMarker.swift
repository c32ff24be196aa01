internal import StrictJSON

/// The document by which ComfyUI knows how a layer is stored: `{"format": "int8_tensorwise"}`.
enum ComfyMarker {
  static let ending = "comfy_quant"

  /// The bytes of the document of a format.
  static func bytes(format: String) -> [UInt8] { Array("{\"format\": \"\(format)\"}".utf8) }

  /// Throws unless the document names this format and no rotation of the weights.
  ///
  /// Nothing at all is accepted: files may state formats in their header instead.
  static func require(_ format: String, in bytes: [UInt8]) throws(CodecFailure) {
    if bytes.isEmpty { return }
    do throws(JSONFailure) {
      let document = try JSONField.parse(bytes, document: ending)
      let found = try document["format"].string()
      guard found == format else {
        throw document.failure(expected: "the format \(format)", found: found)
      }
      guard try document.optional("convrot")?.bool() != true else {
        throw document.failure(expected: "weights that are not rotated", found: "convrot")
      }
    } catch {
      throw .badArray(
        ending: ending, expected: "{\"format\": \"\(format)\"} without rotation",
        found: String(decoding: bytes.prefix(200), as: UTF8.self))
    }
  }
}
