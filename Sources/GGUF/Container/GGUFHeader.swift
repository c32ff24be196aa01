public import Tensors

/// What stands in front of the data of a GGUF file, proved: the tensors lie one behind the other in
/// this order, each at the next multiple of the alignment, and each has the bytes that its type and
/// shape take.
///
/// The format and the checks are described in `formats/gguf.md`.
public struct GGUFHeader: Sendable {
  /// One tensor of a file.
  public struct Tensor: Hashable, Sendable {
    public let name: String
    public let type: BlockType
    /// The extents, outermost first as everywhere in the suite; the file has them reversed.
    public let shape: Shape
    /// Where its bytes are, counted from the start of the file.
    public let byteRange: Range<Int>
  }

  /// 2 or 3, which differ in nothing that is read here.
  public let version: UInt32
  public let metadata: GGUFMetadata
  /// What every offset is a multiple of.
  public let alignment: Int
  /// The tensors in the order of the file.
  public let tensors: [Tensor]
  /// The first byte of the data.
  public let dataOffset: Int
  private let positions: [String: Int]

  /// The tensor of that name, nil when there is none.
  public subscript(name: String) -> Tensor? { positions[name].map { tensors[$0] } }

  /// Takes tensors that have been checked: distinct names, aligned and in order.
  internal init(
    version: UInt32, metadata: GGUFMetadata, alignment: Int, checked tensors: [Tensor],
    dataOffset: Int
  ) {
    self.version = version
    self.metadata = metadata
    self.alignment = alignment
    self.tensors = tensors
    self.dataOffset = dataOffset
    positions = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// The most bytes that a header may have; those of language models, with their vocabulary, have a
  /// tenth of it.
  public static let maximumByteCount = 100_000_000
  /// The first bytes of a file.
  internal static let magic = Array("GGUF".utf8)
  /// The version that is written.
  internal static let currentVersion: UInt32 = 3
  /// The most axes that a tensor has in ggml.
  internal static let maximumRank = 4

  /// The next multiple of a power of two; nil when it overflows.
  internal static func aligned(_ offset: Int, to alignment: Int) -> Int? {
    let (sum, overflow) = offset.addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum & ~(alignment - 1)
  }
}

extension BlockType {
  /// The bytes of a tensor whose last extent holds whole blocks; nil when they overflow.
  internal func byteCount(of shape: Shape) -> Int? {
    let (byteCount, overflow) = (shape.count / elementsPerBlock).multipliedReportingOverflow(
      by: bytesPerBlock)
    return overflow ? nil : byteCount
  }
}
