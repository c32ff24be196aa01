public import Safetensors
public import StrictJSON
public import Tensors

/// One file of a checkpoint.
public struct StoredFile: Hashable, Sendable {
  public let path: String
  /// The bytes in front of its data.
  public let headerByteCount: Int

  public init(path: String, headerByteCount: Int) {
    self.path = path
    self.headerByteCount = headerByteCount
  }
}

/// The weights of a checkpoint as values, with what its files say beside them: what a `Checkpoint`
/// is made of, whatever the container.
public protocol StoredWeights: WeightSource {
  /// In order.
  var files: [StoredFile] { get }

  /// What the first file says of itself for people, without what describes codes.
  var metadata: [SafetensorsHeader.MetadataEntry] { get }

  /// The tensors that are no weights, in the order of the files.
  var companions: [Companion] { get }

  /// The type of a weight whose elements are its values, so that `read` gives them; nil where they
  /// are codes with scales.
  func plainType(of name: String) -> ElementType?

  /// How a weight is coded, for people; nil for plain values.
  func encodingOfCodes(_ name: String) -> String?

  /// Fills `output` with the bytes of a weight that has a plain type, from its byte `offset` on.
  ///
  /// Another weight, and bytes outside of it, are broken contracts and trap.
  func read(_ name: String, at offset: Int, into output: inout MutableRawSpan) throws

  /// What the codes of these weights, nil for all, are worth at best; nil when there are none.
  func statedNoise(of names: Set<String>?) throws -> StatedNoise?

  /// The numbers of the network where the container has them, in the members of a `config.json`; nil
  /// where it has none.
  func configurationDocument() throws -> JSONField?
}

extension StoredWeights {
  public func configurationDocument() throws -> JSONField? { nil }
}
