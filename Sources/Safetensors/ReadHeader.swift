public import Storage
internal import StrictJSON

extension SafetensorsHeader {
  /// Reads and checks the header of an open file; nothing of the data is read.
  public static func read(
    _ file: borrowing FileReader
  ) throws(SafetensorsFailure) -> SafetensorsHeader {
    guard file.byteCount >= 8 else {
      throw .noHeaderLength(file: file.path, byteCount: file.byteCount)
    }
    let field = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try file.bytes(at: 0, count: 8)
    }
    let length = field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(maximumByteCount) else {
      throw .headerTooLong(file: file.path, byteCount: length)
    }
    let byteCount = Int(length)
    guard byteCount <= file.byteCount - 8 else {
      throw .headerBeyondEnd(
        file: file.path, byteCount: byteCount, fileByteCount: file.byteCount)
    }
    let text = try SafetensorsFailure.storage { () throws(StorageFailure) in
      try file.bytes(at: 8, count: byteCount)
    }
    return try parse(text, file: file.path, fileByteCount: file.byteCount)
  }

  /// Reads and checks a header's text; the data are known by the size of the file alone.
  internal static func parse(
    _ text: [UInt8], file: String, fileByteCount: Int
  ) throws(SafetensorsFailure) -> SafetensorsHeader {
    guard text.first == UInt8(ascii: "{") else {
      throw .headerStart(file: file, found: text.first)
    }
    let document: JSONValue
    do throws(JSONFailure) {
      document = try JSONValue.parse(
        text, limits: JSONValue.Limits(document: file, firstByte: 8, maximumDepth: 64))
    } catch {
      throw .headerSyntax(error)
    }
    guard case .object(let members) = document else {
      preconditionFailure("JSON that starts with { is an object")
    }
    let dataOffset = 8 + text.count
    var metadata: [MetadataEntry] = []
    var tensors: [Tensor] = []
    for member in members {
      if member.key == metadataKey {
        metadata = try readMetadata(member.value, file: file)
      } else {
        let entry = EntryReader(
          file: file, tensor: member.key, dataOffset: dataOffset, fileByteCount: fileByteCount)
        tensors.append(try entry.read(member.value))
      }
    }
    try checkNames(tensors, file: file)
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkCoverage(tensors, file: file, dataOffset: dataOffset, fileByteCount: fileByteCount)
    return SafetensorsHeader(checked: tensors, metadata: metadata, dataOffset: dataOffset)
  }

  /// The key that holds the metadata and names no tensor.
  internal static let metadataKey = "__metadata__"

  /// An object of strings; null, which the reference reads as none, is none.
  private static func readMetadata(
    _ value: JSONValue, file: String
  ) throws(SafetensorsFailure) -> [MetadataEntry] {
    switch value {
    case .null: return []
    case .object(let members):
      var entries: [MetadataEntry] = []
      for member in members {
        guard case .string(let text) = member.value else {
          throw .metadata(file: file, key: member.key, found: member.value.kindName)
        }
        entries.append(MetadataEntry(key: member.key, value: text))
      }
      return entries
    default: throw .metadata(file: file, key: nil, found: value.kindName)
    }
  }

  /// Names that differ only in how Unicode composes them would be one name to the rest of the
  /// suite, and to people.
  internal static func checkNames(
    _ tensors: [Tensor], file: String
  ) throws(SafetensorsFailure) {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw .indistinctNames(file: file, tensor: tensor.name)
    }
  }

  /// Every byte of the data belongs to exactly one tensor: a file cannot carry anything unseen.
  private static func checkCoverage(
    _ tensors: [Tensor], file: String, dataOffset: Int, fileByteCount: Int
  ) throws(SafetensorsFailure) {
    var covered = dataOffset
    var last: Tensor?
    for tensor in tensors {
      let begin = tensor.byteRange.lowerBound
      if begin < covered, let last {
        throw .overlap(
          file: file, tensor: tensor.name, begin: begin - dataOffset, other: last.name,
          otherEnd: covered - dataOffset)
      }
      guard begin == covered else {
        throw .hole(
          file: file, before: tensor.name, begin: covered - dataOffset, end: begin - dataOffset)
      }
      covered = tensor.byteRange.upperBound
      last = tensor
    }
    guard covered == fileByteCount else {
      throw .trailingBytes(
        file: file, last: last?.name, covered: covered - dataOffset,
        dataByteCount: fileByteCount - dataOffset)
    }
  }
}
