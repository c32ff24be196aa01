internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

extension StoredCodes {
  /// The markers in the headers, by the names of the weights.
  func readHeaderMarkers() throws -> [String: QuantizationMarker] {
    var markers: [String: QuantizationMarker] = [:]
    for file in checkpoint.files {
      guard let text = file.header.metadata(QuantizationMarker.metadataKey) else { continue }
      for (layer, marker) in try QuantizationMarker.layers(text, file: file.path) {
        let weight = layer + ".weight"
        let name = "\(QuantizationMarker.metadataKey) \(layer)"
        guard checkpoint.weight(named: weight) != nil else {
          throw CheckpointFailure.withoutWeight(file: file.path, tensor: name, weight: weight)
        }
        if let other = markers[weight], other != marker {
          throw bad(name, of: weight, "the same in all files", "another format or rotation")
        }
        markers[weight] = marker
      }
    }
    return markers
  }

  /// What the marker beside the weight says, or that in the header; both must say the same.
  func readMarker(
    of weight: String, beside belongings: [Companion], header: QuantizationMarker?
  ) throws -> QuantizationMarker? {
    let companion = belongings.first { $0.name.hasSuffix(".comfy_quant") }
    guard let name = companion?.name else { return header }
    let text = try bytes(of: name, weight: weight, limit: QuantizationMarker.largestByteCount)
    let document = "\(path(of: name)): tensor \(name.quotedForMessage)"
    let marker = try QuantizationMarker(JSONField.parse(text, document: document))
    if let header, header != marker {
      throw bad(
        name, of: weight, "what the header's \(QuantizationMarker.metadataKey) says",
        "another format or rotation")
    }
    return marker
  }

  /// Refuses LLM.int8 codes whose columns are in the order of a processor.
  func checkRowOrder(of weight: String, beside belongings: [Companion]) throws {
    let companion = belongings.first { $0.name.hasSuffix(".weight_format") }
    guard let name = companion?.name else { return }
    let order = try bytes(of: name, weight: weight, limit: 1)
    if order != [0] {
      throw CheckpointFailure.unsupportedFormat(
        file: path(of: name), tensor: name,
        format: "LLM.int8 codes in the order \(order.map(String.init).joined()), not in rows",
        reason: "the order is that of a processor", tensorCount: 1)
    }
  }

  /// The bytes of a small U8 tensor.
  private func bytes(of name: String, weight: String, limit: Int) throws -> [UInt8] {
    guard let (file, tensor) = checkpoint.tensor(named: name) else {
      preconditionFailure("\(checkpoint.origin) has lost \(name)")
    }
    guard tensor.elementType == .uint8, (1...limit).contains(tensor.shape.count) else {
      throw bad(
        name, of: weight, "U8 with 1 to \(limit) bytes",
        "\(tensor.elementType.rawValue) \(tensor.shape)")
    }
    var bytes = [UInt8](repeating: 0, count: tensor.shape.count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try file.read(tensor, at: 0, into: &output)
    return bytes
  }
}
