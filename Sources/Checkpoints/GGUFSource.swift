public import GGUF
public import Safetensors
public import Tensors

/// The weights of a GGUF file, or of a split set, as values.
///
/// Blocks have their scales inside, so every tensor is a weight. Diffusion models have the names of
/// their first publication there.
public struct GGUFSource: StoredWeights {
  /// The tensors as they are stored.
  public let checkpoint: GGUFCheckpoint

  public var origin: String { checkpoint.origin }
  public var weights: [WeightDescription] { checkpoint.weights }

  /// Refuses the names of llama.cpp, under which no weight of a network here can be found.
  public init(_ checkpoint: GGUFCheckpoint) throws(CheckpointFailure) {
    if let weight = checkpoint.weights.first(where: { $0.name.hasPrefix("blk.") }) {
      throw .namesOfLlama(
        file: checkpoint.tensor(named: weight.name)?.file.path ?? checkpoint.origin,
        tensor: weight.name)
    }
    self.checkpoint = checkpoint
  }

  public func weight(named name: String) -> WeightDescription? { checkpoint.weight(named: name) }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    try checkpoint.decode(name, rows: rows, into: &output)
  }

  public var files: [StoredFile] {
    checkpoint.files.map { StoredFile(path: $0.path, headerByteCount: $0.header.dataOffset) }
  }

  /// The texts about the model, under the keys of the file: its name, author, licence.
  public var metadata: [SafetensorsHeader.MetadataEntry] {
    checkpoint.metadata.entries.compactMap { entry in
      guard entry.key.hasPrefix("general."), entry.key != "general.architecture",
        let text = entry.value.text
      else { return nil }
      return .init(key: entry.key, value: text)
    }
  }

  public var companions: [Companion] { [] }

  // The plain types have one name in both containers.
  public func plainType(of name: String) -> ElementType? {
    checkpoint.type(of: name).flatMap { ElementType(rawValue: $0.name) }
  }

  public func encodingOfCodes(_ name: String) -> String? {
    plainType(of: name) == nil ? checkpoint.type(of: name)?.name : nil
  }

  public func read(
    _ name: String, at offset: Int, into output: inout MutableRawSpan
  ) throws {
    precondition(plainType(of: name) != nil, "\(name) has no plain type")
    try checkpoint.read(name, at: offset, into: &output)
  }
}

extension GGUFSource {
  /// Names the weights of blocks, without a figure: what a block is worth depends on its scales.
  public func statedNoise(of names: Set<String>?) throws -> StatedNoise? {
    let tensors = weights.compactMap { weight -> StatedNoise.Tensor? in
      guard names?.contains(weight.name) ?? true, let encoding = encodingOfCodes(weight.name)
      else { return nil }
      return .init(name: weight.name, encoding: encoding, decibels: nil, hasFigure: false)
    }
    return tensors.isEmpty ? nil : StatedNoise(tensors: tensors)
  }
}
