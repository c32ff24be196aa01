internal import Safetensors
internal import StrictJSON

/// What documents say of the codes of all layers: the `config.json` beside the weights, and the
/// metadata of the files.
struct CodeSettings {
  /// The `config.json`, nil without one.
  let configuration: JSONField?
  /// What the markers in the headers say, by the names of the weights.
  let markers: [String: QuantizationMarker]
  private let checkpoint: SafetensorsCheckpoint

  init(
    _ checkpoint: SafetensorsCheckpoint, configuration: JSONField?,
    markers: [String: QuantizationMarker]
  ) {
    self.checkpoint = checkpoint
    self.configuration = configuration
    self.markers = markers
  }

  /// The first metadata of a key in the files.
  func metadata(_ key: String) -> String? {
    checkpoint.files.lazy.compactMap { $0.header.metadata(key) }.first
  }

  /// The `quantization_config` of a program, nil when there is none or it is another's.
  func quantization(by method: String) throws(JSONFailure) -> JSONField? {
    guard let field = try configuration?.optional("quantization_config"),
      try field.optional("quant_method")?.string() == method
    else { return nil }
    return field
  }
}

extension StoredLayer {
  /// What ComfyUI's marker says of the layer: the tensor beside the weight, or the header; both must
  /// say the same.
  func marker() throws -> QuantizationMarker? {
    let header = settings.markers[weight]
    guard tensor("comfy_quant") != nil else { return header }
    let marker = try QuantizationMarker(document("comfy_quant"))
    if let header, header != marker {
      throw bad(
        "comfy_quant", "what the header's \(QuantizationMarker.metadataKey) says",
        "another format or rotation")
    }
    return marker
  }
}
