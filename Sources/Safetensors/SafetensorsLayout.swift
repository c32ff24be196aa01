internal import StrictJSON
public import Tensors

/// Where everything stands in a safetensors file that is to be written, known before its first byte.
///
/// The order and the bytes of the header are those of the reference implementation: types from the
/// last in `ElementType.allCases` to the first, which puts wide elements in front and keeps every
/// tensor aligned, then names by their bytes; compact JSON, padded with spaces to a multiple of 8.
/// Metadata keep the order given (the reference has no order of its own).
public struct SafetensorsLayout: Sendable {
  /// A tensor that is to be written.
  public struct Entry: Sendable, Hashable {
    public let name: String
    public let elementType: ElementType
    public let shape: Shape

    public init(name: String, elementType: ElementType, shape: Shape) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }
  }

  /// What a reader will find.
  public let header: SafetensorsHeader
  /// The size of the whole file.
  public let byteCount: Int
  /// The length of the header and its text: the file up to the data.
  internal let leadingBytes: [UInt8]

  /// Lays out a file that will be written to `path`, which messages name.
  ///
  /// Without metadata the header has none; the reference writes the same for `None`. Throws when a
  /// name occurs twice or is reserved, when elements do not fill whole bytes, and when the sizes or
  /// the header are too large for the format.
  public init(
    _ entries: [Entry], metadata: [SafetensorsHeader.MetadataEntry] = [], path: String
  ) throws(SafetensorsFailure) {
    var offset = 0
    var ranges: [Range<Int>] = []
    let entries = Self.sorted(entries)
    for entry in entries {
      let end = try Self.end(of: entry, at: offset, path: path)
      ranges.append(offset..<end)
      offset = end
    }
    let text = try Self.headerText(entries, ranges, metadata: metadata, path: path)
    guard text.count <= SafetensorsHeader.maximumByteCount else {
      throw .headerTooLong(file: path, byteCount: UInt64(text.count))
    }
    let dataOffset = 8 + text.count
    let tensors = zip(entries, ranges).map { entry, range in
      SafetensorsHeader.Tensor(
        name: entry.name, elementType: entry.elementType, shape: entry.shape,
        byteRange: dataOffset + range.lowerBound..<dataOffset + range.upperBound)
    }
    header = SafetensorsHeader(checked: tensors, metadata: metadata, dataOffset: dataOffset)
    byteCount = dataOffset + offset
    let length = UInt64(text.count)
    leadingBytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text
  }

  private static func sorted(_ entries: [Entry]) -> [Entry] {
    let ranks = Dictionary(
      uniqueKeysWithValues: ElementType.allCases.enumerated().map { ($1, $0) })
    return entries.sorted { first, second in
      let ranks = (ranks[first.elementType] ?? 0, ranks[second.elementType] ?? 0)
      guard ranks.0 == ranks.1 else { return ranks.0 > ranks.1 }
      return first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
    }
  }

  /// Where the data of a tensor end that begin at `offset`.
  ///
  /// The data of a whole file leave room for its header, so that no sum behind this overflows.
  private static func end(
    of entry: Entry, at offset: Int, path: String
  ) throws(SafetensorsFailure) -> Int {
    let (bitCount, overflow) = entry.shape.count.multipliedReportingOverflow(
      by: entry.elementType.bitWidth)
    let limit = Int.max - 8 - SafetensorsHeader.maximumByteCount
    guard !overflow, bitCount / 8 <= limit - offset else {
      throw .shapeOverflow(file: path, tensor: entry.name, extents: entry.shape.extents)
    }
    guard let byteCount = entry.elementType.byteCount(of: entry.shape.count) else {
      throw .partialByte(
        file: path, tensor: entry.name, type: entry.elementType, shape: entry.shape,
        bitCount: bitCount)
    }
    return offset + byteCount
  }

  private static func headerText(
    _ entries: [Entry], _ ranges: [Range<Int>], metadata: [SafetensorsHeader.MetadataEntry],
    path: String
  ) throws(SafetensorsFailure) -> [UInt8] {
    var document = JSONObject()
    if !metadata.isEmpty {
      var members = JSONObject()
      for entry in metadata {
        guard members.append(key: entry.key, value: .string(entry.value)) else {
          throw .metadata(file: path, key: entry.key, found: "two")
        }
      }
      document.append(key: SafetensorsHeader.metadataKey, value: .object(members))
    }
    var names: Set<String> = [SafetensorsHeader.metadataKey]
    for (entry, range) in zip(entries, ranges) {
      guard names.insert(entry.name).inserted else {
        throw .unwritableName(file: path, name: entry.name)
      }
      document.append(
        key: entry.name,
        value: [
          "dtype": .string(entry.elementType.rawValue),
          "shape": .array(entry.shape.extents.map { JSONValue($0) }),
          "data_offsets": [JSONValue(range.lowerBound), JSONValue(range.upperBound)],
        ])
    }
    let text = Array(JSONValue.object(document).compact().utf8)
    return text + repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
  }
}
