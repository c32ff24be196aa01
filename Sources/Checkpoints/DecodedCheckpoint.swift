public import Safetensors
internal import Storage
public import StrictJSON
public import Tensors

/// A checkpoint's tensors as values: codes that have scales beside them are decoded, and their
/// companions are no weights.
///
/// A weight of codes has one name and the shape of its values, however many tensors it is stored as.
/// Opening it reads headers, markers and small documents only; a scale is checked when its rows are
/// decoded.
public final class DecodedCheckpoint: WeightSource {
  /// The tensors as they are stored.
  public let checkpoint: SafetensorsCheckpoint
  public let weights: [WeightDescription]
  /// The tensors that are no weights, in the order of the file.
  public let companions: [Companion]
  private let codes: [String: CodedTensor]
  private let matrices: [String: CodedMatrix]
  private let positions: [String: Int]
  /// The names in the files of those weights that have another one here.
  private let storedNames: [String: String]

  public var origin: String { checkpoint.origin }

  /// Finds the codes of a checkpoint; throws when they are of a kind that is not decoded, or when
  /// scales and codes do not fit each other.
  ///
  /// `configuration` is the `config.json` beside the weights: some formats tell only there how many
  /// bits a code has.
  public init(_ checkpoint: SafetensorsCheckpoint, configuration: JSONField? = nil) throws {
    let stored = try StoredCodes(checkpoint, configuration: configuration)
    let isRenamed = MfluxNames.isUsed(in: checkpoint)
    func presented(_ name: String) -> String {
      isRenamed ? MfluxNames.diffusersName(name) : name
    }
    let companionNames = Set(stored.companions.map(\.name))
    var weights: [WeightDescription] = []
    var positions: [String: Int] = [:]
    var storedNames: [String: String] = [:]
    for tensor in checkpoint.weights where !companionNames.contains(tensor.name) {
      let name = stored.places[tensor.name] ?? tensor.name
      let description = stored.description(of: name, as: presented(name), tensor)
      guard positions.updateValue(weights.count, forKey: description.name) == nil else {
        throw CheckpointFailure.badCompanion(
          file: stored.path(of: tensor.name), tensor: tensor.name, weight: description.name,
          expected: "a weight once", found: "another tensor of the same weight")
      }
      if description.name != name { storedNames[description.name] = name }
      weights.append(description)
    }
    self.checkpoint = checkpoint
    self.weights = weights
    self.positions = positions
    self.storedNames = storedNames
    companions = stored.companions.map {
      Companion(name: $0.name, weight: $0.weight.map(presented), role: $0.role)
    }
    codes = stored.tensors
    matrices = stored.matrices
  }

  /// Finds the codes of a checkpoint that was opened at a path, with the `config.json` beside it.
  public convenience init(_ checkpoint: SafetensorsCheckpoint, openedAt path: String) throws {
    try self.init(checkpoint, configuration: CheckpointPlace(path).codeConfiguration())
  }

  public func weight(named name: String) -> WeightDescription? {
    positions[name].map { weights[$0] }
  }

  /// How a weight of 8-bit codes is stored; nil for plain values and other codes.
  public func codes(of name: String) -> CodedTensor? { codes[storedNames[name] ?? name] }

  /// How a weight that a codec reads is stored; nil for others.
  public func matrix(of name: String) -> CodedMatrix? { matrices[storedNames[name] ?? name] }

  /// The `__metadata__` of the first file, without what describes codes: values have none.
  public var metadata: [SafetensorsHeader.MetadataEntry] {
    let dropped = [QuantizationMarker.metadataKey, "tensor_names"] + MfluxNames.metadataKeys
    return (checkpoint.files.first?.header.metadata ?? []).filter { entry in
      // torchao says of every tensor what class it was.
      !dropped.contains(entry.key)
        && !(entry.value.hasPrefix("{\"_type\"") && weight(named: entry.key) != nil)
    }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    if let matrix = matrix(of: name) {
      try decode(matrix, rows: rows, into: &output)
    } else if let codes = codes(of: name) {
      try decode(codes, rows: rows, into: &output)
    } else {
      try checkpoint.decode(storedNames[name] ?? name, rows: rows, into: &output)
    }
  }

  public func coding(of name: String) -> RowCoding? {
    plainType(of: name) == .bfloat16 ? .bfloat16 : nil
  }

  public func readCodes(
    _ name: String, rows: Range<Int>, into codes: inout MutableRawSpan,
    scales: inout MutableSpan<Float>
  ) throws {
    let (file, tensor) = stored(name)
    precondition(
      coding(of: name) == .bfloat16 && scales.isEmpty
        && codes.byteCount == 2 * rows.count * tensor.shape.columns, "rows of bfloat16")
    try file.read(tensor, at: 2 * rows.lowerBound * tensor.shape.columns, into: &codes)
  }

  /// The tensor of a plain weight, or of 8-bit codes, which is known to be there.
  func stored(_ name: String) -> (file: SafetensorsFile, tensor: SafetensorsHeader.Tensor) {
    tensor(codes(of: name)?.codesName ?? storedNames[name] ?? name)
  }

  /// A tensor of the files that is known to be there.
  func tensor(_ name: String) -> (file: SafetensorsFile, tensor: SafetensorsHeader.Tensor) {
    guard let found = checkpoint.tensor(named: name) else {
      preconditionFailure("\(origin) has no tensor \(name)")
    }
    return found
  }
}

extension StoredCodes {
  /// What is known of a weight under the name that it shall have, plain or of codes.
  fileprivate func description(
    of name: String, as presented: String, _ tensor: WeightDescription
  ) -> WeightDescription {
    func size(_ companions: [String]) -> Int {
      // Tensors of one file and its shards: their bytes are bounded by what the disk holds.
      tensor.storedByteCount
        + companions.compactMap(checkpoint.weight(named:)).storedByteCount
    }
    if let codes = tensors[name] {
      return WeightDescription(
        name: presented, shape: codes.shape, encoding: codes.encoding,
        storedByteCount: size(codes.companions))
    }
    if let codes = matrices[name] {
      return WeightDescription(
        name: presented, shape: codes.shape, encoding: codes.encoding,
        storedByteCount: size(codes.companions))
    }
    return WeightDescription(
      name: presented, shape: tensor.shape, encoding: tensor.encoding,
      storedByteCount: tensor.storedByteCount)
  }
}
