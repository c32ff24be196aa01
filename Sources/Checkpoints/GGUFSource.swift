internal import Families
public import GGUF
public import Safetensors
public import Tensors

/// The weights of a GGUF file, or of a split set, as values.
///
/// Blocks have their scales inside, so every tensor is a weight. Diffusion models have the names of
/// their first publication there; language models those of llama.cpp, in place of which the weights
/// have here those of transformers.
public struct GGUFSource: StoredWeights {
  /// The tensors as they are stored.
  public let checkpoint: GGUFCheckpoint
  public let weights: [WeightDescription]
  /// Whose names they have in the file; nil for names that stay as they are.
  let llama: LlamaModel?
  /// The names in the file, by those here.
  private let storedNames: [String: String]

  public var origin: String { checkpoint.origin }

  /// Refuses names of llama.cpp for networks of which only it has the order of rows, and tensors that
  /// its networks do not have.
  public init(_ checkpoint: GGUFCheckpoint) throws(CheckpointFailure) {
    self.checkpoint = checkpoint
    func file(of tensor: String) -> String {
      checkpoint.tensor(named: tensor)?.file.path ?? checkpoint.origin
    }
    guard let sign = checkpoint.weights.first(where: { LlamaModel.isName($0.name) }) else {
      llama = nil
      weights = checkpoint.weights
      storedNames = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.name) })
      return
    }
    let architecture = checkpoint.metadata["general.architecture"]?.text
    guard let llama = architecture.flatMap(LlamaModel.named) else {
      throw .namesOfLlama(
        file: file(of: sign.name), tensor: sign.name, architecture: architecture)
    }
    var weights: [WeightDescription] = []
    var storedNames: [String: String] = [:]
    for weight in checkpoint.weights {
      guard let name = llama.transformersName(of: weight.name) else {
        throw .unknownNameOfLlama(
          file: file(of: weight.name), tensor: weight.name, architecture: llama.architecture)
      }
      storedNames[name] = weight.name
      weights.append(
        WeightDescription(
          name: name, shape: weight.shape, encoding: weight.encoding,
          storedByteCount: weight.storedByteCount))
    }
    self.llama = llama
    self.weights = weights
    self.storedNames = storedNames
  }

  public func weight(named name: String) -> WeightDescription? {
    storedNames[name].flatMap { checkpoint.weight(named: $0) }.map {
      WeightDescription(
        name: name, shape: $0.shape, encoding: $0.encoding, storedByteCount: $0.storedByteCount)
    }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    try checkpoint.decode(storedName(of: name), rows: rows, into: &output)
  }

  /// The name that a weight has in the file; of another one, itself.
  private func storedName(of name: String) -> String { storedNames[name] ?? name }

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
    checkpoint.type(of: storedName(of: name)).flatMap { ElementType(rawValue: $0.name) }
  }

  public func encodingOfCodes(_ name: String) -> String? {
    plainType(of: name) == nil ? checkpoint.type(of: storedName(of: name))?.name : nil
  }

  public func read(
    _ name: String, at offset: Int, into output: inout MutableRawSpan
  ) throws {
    precondition(plainType(of: name) != nil, "\(name) has no plain type")
    try checkpoint.read(storedName(of: name), at: offset, into: &output)
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
