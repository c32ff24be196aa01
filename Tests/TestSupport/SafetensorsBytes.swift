public import Tensors

/// Bytes of safetensors files for tests, right and wrong, made without the writer under test.
public enum SafetensorsBytes {
  /// A file of a header text, taken as it is, and data.
  public static func file(header: String, data: [UInt8] = []) -> [UInt8] {
    file(length: UInt64(header.utf8.count), header: Array(header.utf8), data: data)
  }

  /// A file whose length field says `length`, whatever follows.
  public static func file(length: UInt64, header: [UInt8], data: [UInt8] = []) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header + data
  }

  /// A valid file of tensors, one behind the other in the order given; their bytes count up.
  public static func file(
    _ tensors: [(name: String, type: ElementType, extents: [Int])], metadata: String? = nil
  ) -> [UInt8] {
    var entries = metadata.map { ["\"__metadata__\":\($0)"] } ?? []
    var offset = 0
    for tensor in tensors {
      let count = tensor.extents.reduce(1, *) * tensor.type.bitWidth / 8
      entries.append(
        entry(
          tensor.name, tensor.type.rawValue, "\(tensor.extents)", offset, offset + count))
      offset += count
    }
    let data = (0..<offset).map { UInt8(truncatingIfNeeded: $0) }
    return file(header: "{" + entries.joined(separator: ",") + "}", data: data)
  }

  /// A valid file of tensors with their bytes, one behind the other in the order given.
  public static func file(
    stored tensors: [StoredTensor], metadata: String? = nil
  ) -> [UInt8] {
    var entries = metadata.map { ["\"__metadata__\":\($0)"] } ?? []
    var data: [UInt8] = []
    for tensor in tensors {
      let begin = data.count
      data += tensor.bytes
      entries.append(
        entry(tensor.name, tensor.type.rawValue, "\(tensor.extents)", begin, data.count))
    }
    return file(header: "{" + entries.joined(separator: ",") + "}", data: data)
  }

  /// A valid file of float32 vectors with their values.
  public static func file(float32 tensors: [(name: String, values: [Float])]) -> [UInt8] {
    var entries: [String] = []
    var data: [UInt8] = []
    for tensor in tensors {
      let begin = data.count
      for value in tensor.values {
        let bits = value.bitPattern
        data += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      }
      entries.append(entry(tensor.name, "F32", "[\(tensor.values.count)]", begin, data.count))
    }
    return file(header: "{" + entries.joined(separator: ",") + "}", data: data)
  }

  /// The header's entry of one tensor.
  public static func entry(
    _ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }
}
