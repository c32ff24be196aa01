public import Families
public import Quantization
public import Recipes
public import Safetensors
public import Storage
public import Tensors

/// How the values of a bundle's tensor are stored.
public enum BundleEncoding: Hashable, Sendable, CustomStringConvertible {
  /// The values themselves.
  case plain(ElementType)
  /// Codes, scales and perhaps zero points.
  case quantized(Scheme)

  public var description: String {
    switch self {
    case .plain(let type): type.rawValue
    case .quantized(let scheme): scheme.description
    }
  }
}

/// What a segment holds.
public enum SegmentKind: String, CaseIterable, Hashable, Sendable {
  case values
  case codes
  case scales
  case zeroPoints = "zero_points"
}

/// A run of bytes of the file.
public struct ByteRun: Hashable, Sendable {
  public let offset: Int
  public let byteCount: Int

  public init(offset: Int, byteCount: Int) {
    self.offset = offset
    self.byteCount = byteCount
  }

  public var end: Int { offset + byteCount }
}

/// How a segment lies in the file.
public enum SegmentPlacement: Hashable, Sendable {
  /// As it is, in one run: it can be mapped.
  case resident(offset: Int)
  /// In one run for each `chunkRows` rows of the tensor, each a zstd frame of its own, or the bytes
  /// themselves where the run is as long as they are.
  case chunked([ByteRun])
}

/// One array of bytes of a tensor, row by row.
public struct BundleSegment: Hashable, Sendable {
  public let kind: SegmentKind
  /// The bytes of one row of the tensor.
  public let rowStride: Int
  /// The bytes of the whole segment, not compressed.
  public let byteCount: Int
  /// CRC-32 of the whole segment, not compressed: the same in a resident and a compressed bundle.
  public let checksum: CRC32
  public let placement: SegmentPlacement

  /// The bytes the file spends on it.
  public var storedByteCount: Int { runs.reduce(0) { $0 + $1.byteCount } }

  /// Where it stands in the file.
  public var runs: [ByteRun] {
    switch placement {
    case .resident(let offset): [ByteRun(offset: offset, byteCount: byteCount)]
    case .chunked(let runs): runs
    }
  }
}

/// One tensor of a bundle.
public struct BundleTensor: Hashable, Sendable {
  public let name: String
  public let shape: Shape
  public let encoding: BundleEncoding
  /// The rows of one chunk of every compressed segment; nil in a resident bundle.
  public let chunkRows: Int?
  public let segments: [BundleSegment]

  public var storedByteCount: Int { segments.reduce(0) { $0 + $1.storedByteCount } }
}

/// One part of the network whose bytes lie together.
public struct BundleBlock: Hashable, Sendable {
  public let name: String
  public let run: ByteRun
  /// Its tensors, a range of the bundle's list.
  public let tensors: Range<Int>
}

/// A file that a bundle was made from.
public struct SourceFile: Hashable, Sendable {
  public let name: String
  public let byteCount: Int
  /// 64 digits, nil when the digest was left out.
  public let sha256: String?

  public init(name: String, byteCount: Int, sha256: String?) {
    self.name = name
    self.byteCount = byteCount
    self.sha256 = sha256
  }
}

/// Where a bundle comes from.
public struct Provenance: Hashable, Sendable {
  /// The tool and version that wrote it.
  public let producer: String
  public let sources: [SourceFile]
  /// The licence that the source names, nil when it names none.
  public let license: String?
  /// The `__metadata__` of the source, in its order.
  public let metadata: [SafetensorsHeader.MetadataEntry]

  public init(
    producer: String, sources: [SourceFile], license: String?,
    metadata: [SafetensorsHeader.MetadataEntry]
  ) {
    self.producer = producer
    self.sources = sources
    self.license = license
    self.metadata = metadata
  }
}

/// Everything a bundle says of itself.
public struct BundleHeader: Hashable, Sendable {
  public let configuration: Configuration
  /// Whose names, rows and shapes the tensors have.
  public let layout: Layout
  public let recipe: Recipe
  public let provenance: Provenance
  /// In the order of execution, which is the order in the file.
  public let blocks: [BundleBlock]
  public let tensors: [BundleTensor]

  /// The bits that the file spends on each weight, scales and zero points included.
  public var bitsPerWeight: Double {
    let count = tensors.reduce(0) { $0 + $1.shape.count }
    let bytes = tensors.reduce(0) { $0 + $1.storedByteCount }
    return count == 0 ? 0 : 8 * Double(bytes) / Double(count)
  }

  /// Whether any segment is compressed.
  public var isCompressed: Bool { tensors.contains { $0.chunkRows != nil } }
}
