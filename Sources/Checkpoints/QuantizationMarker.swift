internal import StrictJSON
internal import Tensors

/// What ComfyUI's JSON says of one weight: in the tensor `comfy_quant` beside it, or in the header.
struct QuantizationMarker: Hashable {
  /// The codes that are decoded here.
  enum Format: String, CaseIterable {
    case float8E4M3 = "float8_e4m3fn"
    case float8E5M2 = "float8_e5m2"
    case int8 = "int8_tensorwise"

    var codeType: ElementType {
      switch self {
      case .float8E4M3: .float8E4M3
      case .float8E5M2: .float8E5M2
      case .int8: .int8
      }
    }
  }

  /// The name that the file gives its format.
  let formatName: String
  /// How many columns a rotation has mixed, nil without one.
  let rotationSize: Int?

  /// A marker that says the format, for weights that only the header marks.
  var text: [UInt8] {
    Array(JSONValue.object(["format": .string(formatName)]).compact().utf8)
  }

  /// Nil for a format whose codes have more than a scale.
  var format: Format? { Format(rawValue: formatName) }

  /// The powers of four that a rotation may mix: with more, sums of codes would not be exact.
  static let rotationSizes = [4, 16, 64, 256, 1024, 4096, 16384]
  /// The most bytes of a marker; they have about a hundred.
  static let largestByteCount = 1 << 16
  /// What ComfyUI takes where a marker tells no size.
  private static let usualRotationSize = 256

  init(_ field: JSONField) throws(JSONFailure) {
    formatName = try field["format"].string()
    // Some programs put what belongs to the format into an object of its own.
    let places = [field, try field.optional("params")].compactMap { $0 }
    var isRotated = false
    var size = Self.usualRotationSize
    for place in places {
      if try place.optional("convrot")?.bool() == true { isRotated = true }
      if let stated = try place.optional("convrot_groupsize") {
        size = try stated.integer()
        guard Self.rotationSizes.contains(size) else {
          throw stated.failure(
            expected: "a power of four from 4 to \(Self.rotationSizes.max() ?? 0)",
            found: String(size))
        }
      }
    }
    rotationSize = isRotated ? size : nil
  }

  /// The markers of the layers in a file's `_quantization_metadata`.
  static func layers(
    _ text: String, file: String
  ) throws(JSONFailure) -> [(layer: String, marker: QuantizationMarker)] {
    let document = "\(file): __metadata__ \(metadataKey)"
    let layers = try JSONField.parse(Array(text.utf8), document: document)["layers"]
    var markers: [(layer: String, marker: QuantizationMarker)] = []
    for (layer, field) in try layers.members() {
      markers.append((layer, try QuantizationMarker(field)))
    }
    return markers
  }

  static let metadataKey = "_quantization_metadata"
}
