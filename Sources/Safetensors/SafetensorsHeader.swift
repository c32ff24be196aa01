public import Tensors

/// What the header of a safetensors file says, proved: the tensors cover the data exactly, in the
/// order given here, and each has the bytes that its type and shape take.
///
/// The format and the checks are described in `formats/safetensors.md`.
public struct SafetensorsHeader: Sendable {
  /// One tensor of a file.
  public struct Tensor: Sendable, Hashable {
    public let name: String
    public let elementType: ElementType
    public let shape: Shape
    /// Where its bytes are, counted from the start of the file.
    public let byteRange: Range<Int>
  }

  /// One entry of the free-form metadata.
  public struct MetadataEntry: Sendable, Hashable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The tensors in the order of their bytes.
  public let tensors: [Tensor]
  /// The entries of `__metadata__` in the order of the file.
  public let metadata: [MetadataEntry]
  /// The first byte behind the header, where the data begin.
  public let dataOffset: Int
  private let positions: [String: Int]

  /// The tensor of that name, nil when there is none.
  public subscript(name: String) -> Tensor? { positions[name].map { tensors[$0] } }

  /// The metadata of a key, nil when there is none.
  public func metadata(_ key: String) -> String? {
    metadata.first { $0.key == key }?.value
  }

  /// Takes tensors that have been checked: distinct names, data covered exactly and in order.
  internal init(
    checked tensors: [Tensor], metadata: [MetadataEntry], dataOffset: Int
  ) {
    self.tensors = tensors
    self.metadata = metadata
    self.dataOffset = dataOffset
    positions = Dictionary(
      uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// The most bytes that a header may have, as in the reference implementation.
  public static let maximumByteCount = 100_000_000
}
