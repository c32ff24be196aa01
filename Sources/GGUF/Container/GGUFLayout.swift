internal import StrictJSON
public import Tensors

/// Where everything stands in a GGUF file that is to be written, known before its first byte.
///
/// Version 3, entries and tensors in the order given, as the writer of ggml's Python package has
/// them: every tensor is filled up with zeros to the next multiple of the alignment, the last one too.
public struct GGUFLayout: Sendable {
  /// A tensor that is to be written.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let type: BlockType
    /// Outermost extent first; the last one is a multiple of the type's block.
    public let shape: Shape

    public init(name: String, type: BlockType, shape: Shape) {
      self.name = name
      self.type = type
      self.shape = shape
    }
  }

  /// Where the file will stand.
  public let path: String
  /// What a reader will find.
  public let header: GGUFHeader
  /// The size of the whole file.
  public let byteCount: Int
  /// The file up to the data.
  internal let leadingBytes: [UInt8]

  /// ggml refuses names of 64 bytes and more, unless it was built for others.
  public static let maximumNameByteCount = 63

  /// Lays out a file that will be written to `path`.
  ///
  /// The alignment is that of the metadata, or else 32. Throws for a name that is empty, too long or
  /// there already, for rows that are not whole blocks, for more than four axes, and when sizes
  /// overflow.
  public init(
    _ entries: [Entry], metadata: GGUFMetadata, path: String
  ) throws(GGUFFailure) {
    let alignment = try Self.alignment(metadata, path: path)
    var bytes = GGUFHeader.magic
    bytes.append(GGUFHeader.currentVersion)
    bytes.append(UInt64(entries.count))
    bytes.append(UInt64(metadata.entries.count))
    for entry in metadata.entries { bytes.append(entry) }
    var names: Set<String> = []
    var ranges: [Range<Int>] = []
    var offset = 0
    for entry in entries {
      let byteCount = try Self.check(entry, path: path)
      guard names.insert(entry.name).inserted else {
        throw Self.unwritable(entry, "a name of its own", "one that is taken", path: path)
      }
      bytes.append(entry, offset: offset)
      let (end, overflow) = offset.addingReportingOverflow(byteCount)
      // The header is bounded below, so that no sum of both overflows.
      guard !overflow, let next = GGUFHeader.aligned(end, to: alignment),
        next < Int.max - 2 * GGUFHeader.maximumByteCount - alignment
      else {
        throw Self.unwritable(
          entry, "data that a file can hold", "the shape \(entry.shape)", path: path)
      }
      ranges.append(offset..<end)
      offset = next
    }
    guard bytes.count <= GGUFHeader.maximumByteCount else {
      throw .headerTooLong(
        file: path, subject: "the header", byteCount: UInt64(bytes.count), offset: 0)
    }
    bytes += repeatElement(0, count: (alignment - bytes.count % alignment) % alignment)
    let dataOffset = bytes.count
    self.path = path
    leadingBytes = bytes
    byteCount = dataOffset + offset
    header = GGUFHeader(
      version: GGUFHeader.currentVersion, metadata: metadata, alignment: alignment,
      checked: zip(entries, ranges).map { entry, range in
        GGUFHeader.Tensor(
          name: entry.name, type: entry.type, shape: entry.shape,
          byteRange: dataOffset + range.lowerBound..<dataOffset + range.upperBound)
      }, dataOffset: dataOffset)
  }

  private static func alignment(
    _ metadata: GGUFMetadata, path: String
  ) throws(GGUFFailure) -> Int {
    let key = GGUFMetadata.alignmentKey
    guard let value = metadata[key] else { return GGUFMetadata.defaultAlignment }
    guard case .uint32(let alignment) = value, alignment.nonzeroBitCount == 1, alignment <= 65536
    else {
      throw .unwritable(
        file: path, subject: key, expected: "a power of two up to 65536, of the type uint32",
        found: value.summary)
    }
    return Int(alignment)
  }

  /// Checks one tensor and gives its bytes.
  internal static func check(_ entry: Entry, path: String) throws(GGUFFailure) -> Int {
    let length = entry.name.utf8.count
    guard length > 0, length <= maximumNameByteCount else {
      throw unwritable(
        entry, "a name of 1 to \(maximumNameByteCount) bytes", "\(length)", path: path)
    }
    guard entry.shape.extents.count <= GGUFHeader.maximumRank else {
      throw unwritable(
        entry, "at most \(GGUFHeader.maximumRank) axes", "the shape \(entry.shape)", path: path)
    }
    guard (entry.shape.extents.last ?? 1).isMultiple(of: entry.type.elementsPerBlock) else {
      throw unwritable(
        entry, "rows of a multiple of \(entry.type.elementsPerBlock), for \(entry.type.name)",
        "the shape \(entry.shape)", path: path)
    }
    guard let byteCount = entry.type.byteCount(of: entry.shape) else {
      throw unwritable(
        entry, "data that a file can hold", "the shape \(entry.shape)", path: path)
    }
    return byteCount
  }

  private static func unwritable(
    _ entry: Entry, _ expected: String, _ found: String, path: String
  ) -> GGUFFailure {
    .unwritable(
      file: path, subject: "tensor \(entry.name.quotedForMessage)", expected: expected,
      found: found)
  }
}
