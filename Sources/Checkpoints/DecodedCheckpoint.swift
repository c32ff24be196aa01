public import Safetensors
internal import Storage
public import Tensors

/// A checkpoint's tensors as values: codes that have scales beside them are decoded, and their
/// companions are no weights.
///
/// Opening it reads headers and markers only; a scale is checked when its rows are decoded.
public final class DecodedCheckpoint: WeightSource {
  /// The tensors as they are stored.
  public let checkpoint: SafetensorsCheckpoint
  public let weights: [WeightDescription]
  /// The tensors that are no weights, in the order of the file.
  public let companions: [Companion]
  private let codes: [String: CodedTensor]
  private let positions: [String: Int]

  public var origin: String { checkpoint.origin }

  /// Finds the codes of a checkpoint; throws when they are of a kind that is not decoded, or when
  /// scales and codes do not fit each other.
  public init(_ checkpoint: SafetensorsCheckpoint) throws {
    let stored = try StoredCodes(checkpoint)
    let names = Set(stored.companions.map(\.name))
    var weights: [WeightDescription] = []
    var positions: [String: Int] = [:]
    for weight in checkpoint.weights where !names.contains(weight.name) {
      positions[weight.name] = weights.count
      guard let codes = stored.tensors[weight.name] else {
        weights.append(weight)
        continue
      }
      // Tensors of one file and its shards: their bytes are bounded by what the disk holds.
      let belongings = codes.companions.compactMap(checkpoint.weight(named:))
      weights.append(
        WeightDescription(
          name: weight.name, shape: weight.shape, encoding: codes.encoding,
          storedByteCount: weight.storedByteCount + belongings.storedByteCount))
    }
    self.checkpoint = checkpoint
    self.weights = weights
    self.positions = positions
    companions = stored.companions
    codes = stored.tensors
  }

  public func weight(named name: String) -> WeightDescription? {
    positions[name].map { weights[$0] }
  }

  /// How a weight is coded; nil for plain values.
  public func codes(of name: String) -> CodedTensor? { codes[name] }

  /// The `__metadata__` of the first file, without what describes codes: values have none.
  public var metadata: [SafetensorsHeader.MetadataEntry] {
    (checkpoint.files.first?.header.metadata ?? []).filter {
      $0.key != QuantizationMarker.metadataKey
    }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let codes = codes[name] else {
      return try checkpoint.decode(name, rows: rows, into: &output)
    }
    let (file, tensor) = stored(name)
    try file.decode(tensor, as: codes.codeType, rows: rows, into: &output)
    guard codes.scaleLayout != .none else { return }
    let scales = try scales(of: codes, rows: rows)
    var normalization: Float = 1
    if let size = codes.rotationSize {
      turnBack(&output, size: size)
      normalization = 1 / Float(size).squareRoot()
    }
    let columns = tensor.shape.columns
    for row in 0..<rows.count {
      let scale = scales.count == 1 ? scales[0] : scales[row]
      for index in row * columns..<(row + 1) * columns {
        // A power of two times an integer is exact, so the product with the scale rounds once.
        let code = output[index] * normalization
        if scale == 0, code != 0 {
          throw bad(codes, "a scale above 0 for row \(rows.lowerBound + row), which has codes", "0")
        }
        output[index] = code * scale
      }
    }
  }

  /// The scales of some rows: one for all of them, or one for each.
  func scales(of codes: CodedTensor, rows: Range<Int>) throws -> [Float] {
    guard let name = codes.scaleName else { return [1] }
    let (file, tensor) = stored(name)
    let range = codes.scaleLayout == .row ? rows : 0..<1
    let width = tensor.elementType.bitWidth / 8
    var bytes = [UInt8](repeating: 0, count: range.count * width)
    var byteSpan = bytes.mutableSpan
    var rawBytes = byteSpan.mutableRawBytes
    try file.read(tensor, at: range.lowerBound * width, into: &rawBytes)
    var scales = [Float](repeating: 0, count: range.count)
    var output = scales.mutableSpan
    decodeElements(rawBytes.bytes, of: tensor.elementType, into: &output)
    for index in scales.indices {
      guard scales[index].isFinite, scales[index] >= 0 else {
        throw bad(
          codes, "a finite scale of at least 0 in element \(range.lowerBound + index)",
          "\(scales[index])")
      }
      scales[index] /= codes.scaleDivisor
    }
    return scales
  }

  /// A tensor that is known to be there.
  func stored(_ name: String) -> (file: SafetensorsFile, tensor: SafetensorsHeader.Tensor) {
    guard let found = checkpoint.tensor(named: name) else {
      preconditionFailure("\(origin) has no tensor \(name)")
    }
    return found
  }

  private func bad(
    _ codes: CodedTensor, _ expected: String, _ found: String
  ) -> CheckpointFailure {
    .badCompanion(
      file: stored(codes.name).file.path, tensor: codes.scaleName ?? codes.name,
      weight: codes.name, expected: expected, found: found)
  }
}
