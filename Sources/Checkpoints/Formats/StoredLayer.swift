internal import Codecs
internal import Safetensors
internal import Storage
internal import StrictJSON
internal import Tensors

/// The tensors of one layer of a checkpoint: those whose names are the layer's, a dot and an ending.
struct StoredLayer {
  /// What stands before the dot: `transformer_blocks.0.attn.to_q`.
  let name: String
  let checkpoint: SafetensorsCheckpoint
  /// What the documents say of all layers.
  let settings: CodeSettings

  /// The most bytes of a document that a tensor holds; they have some hundred.
  static let largestDocument = 1 << 16

  /// What the weight is called, whatever its codes are.
  var weight: String { name + ".weight" }

  func tensor(_ ending: String) -> SafetensorsHeader.Tensor? {
    checkpoint.tensor(named: "\(name).\(ending)")?.tensor
  }

  /// The tensor of that ending, without which there is no weight.
  func required(_ ending: String) throws(CheckpointFailure) -> SafetensorsHeader.Tensor {
    guard let tensor = tensor(ending) else {
      throw .withoutPart(
        file: path, tensor: "\(name).\(ending)", weight: weight)
    }
    return tensor
  }

  /// The endings that the layer has tensors of, as full names.
  func names(_ endings: [String]) -> [String] {
    endings.compactMap { tensor($0)?.name }
  }

  /// The file of a tensor, or else of one of the others.
  func path(of ending: String) -> String {
    checkpoint.tensor(named: "\(name).\(ending)")?.file.path ?? path
  }

  private var path: String { checkpoint.files.first?.path ?? checkpoint.origin }

  /// The bytes of a small tensor, all of them.
  func bytes(of ending: String, limit: Int) throws -> [UInt8] {
    guard let (file, tensor) = checkpoint.tensor(named: "\(name).\(ending)") else {
      throw CheckpointFailure.withoutPart(
        file: path, tensor: "\(name).\(ending)", weight: weight)
    }
    guard (1...limit).contains(tensor.byteRange.count) else {
      throw bad(ending, "1 to \(limit) bytes", "\(tensor.byteRange.count)")
    }
    var bytes = [UInt8](repeating: 0, count: tensor.byteRange.count)
    var span = bytes.mutableSpan
    var output = span.mutableRawBytes
    try file.read(tensor, at: 0, into: &output)
    return bytes
  }

  /// The document that a U8 tensor holds.
  func document(_ ending: String) throws -> JSONField {
    let tensor = try required(ending)
    guard tensor.elementType == .uint8 else {
      throw bad(ending, "U8", tensor.elementType.rawValue)
    }
    return try JSONField.parse(
      bytes(of: ending, limit: Self.largestDocument),
      document: "\(path(of: ending)): tensor \(tensor.name.quotedForMessage)")
  }

  func bad(_ ending: String, _ expected: String, _ found: String) -> CheckpointFailure {
    .badCompanion(
      file: path(of: ending), tensor: "\(name).\(ending)", weight: weight, expected: expected,
      found: found)
  }

  /// A kind of codes that is known, and why it is not read.
  func unsupported(_ ending: String, _ format: String, _ reason: String) -> CheckpointFailure {
    .unsupportedFormat(
      file: path(of: ending), tensor: "\(name).\(ending)", format: format, reason: reason,
      tensorCount: 1)
  }

  /// A tensor of codes or scales that must be a matrix with elements.
  func matrix(
    _ ending: String, _ types: Set<ElementType>
  ) throws(CheckpointFailure) -> SafetensorsHeader.Tensor {
    let tensor = try required(ending)
    guard types.contains(tensor.elementType), tensor.shape.extents.count == 2,
      tensor.shape.count > 0
    else {
      let names = types.map(\.rawValue).sorted().joined(separator: " or ")
      throw bad(
        ending, "\(names) of shape [rows, columns]",
        "\(tensor.elementType.rawValue) \(tensor.shape)")
    }
    return tensor
  }
}

/// The types that scales have.
let scaleTypes: Set<ElementType> = [.float32, .bfloat16, .float16]
