internal import Tensors

extension GGUFHeader {
  /// Reads and checks the header of a file; nothing of the data is read.
  static func read(_ cursor: inout HeaderCursor) throws(GGUFFailure) -> GGUFHeader {
    let version = try readVersion(&cursor)
    let tensorCount = try readCount(
      &cursor, of: "tensors", minimumByteCount: UnplacedTensor.minimumByteCount)
    let entryCount = try readCount(&cursor, of: "entries of metadata", minimumByteCount: 13)
    let metadata = try GGUFMetadata.read(&cursor, count: entryCount)
    let alignment = try alignment(metadata, file: cursor.path)
    var names: Set<String> = []
    var tensors: [UnplacedTensor] = []
    for index in 0..<tensorCount {
      let tensor = try UnplacedTensor.read(&cursor, index: index)
      guard names.insert(tensor.name).inserted else {
        throw .tensor(
          file: cursor.path, tensor: tensor.name, expected: "names that differ",
          found: "this one twice")
      }
      tensors.append(tensor)
    }
    // Bounded by the largest header.
    guard let dataOffset = aligned(cursor.offset, to: alignment) else {
      preconditionFailure("a header and an alignment below 2³² do not overflow")
    }
    return GGUFHeader(
      version: version, metadata: metadata, alignment: alignment,
      checked: try place(
        tensors, from: dataOffset, alignment: alignment, file: cursor.path,
        fileByteCount: cursor.fileByteCount),
      dataOffset: dataOffset)
  }

  private static func readVersion(_ cursor: inout HeaderCursor) throws(GGUFFailure) -> UInt32 {
    guard cursor.fileByteCount >= magic.count else {
      throw .noMagic(file: cursor.path, found: [])
    }
    let start = try cursor.bytes(magic.count, of: "the first bytes")
    guard Array(start) == magic else { throw .noMagic(file: cursor.path, found: Array(start)) }
    let version = try cursor.integer(UInt32.self, of: "the version")
    // The number of a file whose bytes are the other way round.
    guard version & 0xFFFF != 0 else {
      throw .bigEndian(file: cursor.path, version: version.byteSwapped)
    }
    guard version == 2 || version == 3 else {
      throw .unknownVersion(file: cursor.path, found: version)
    }
    return version
  }

  /// A count of things that take at least so many bytes each.
  private static func readCount(
    _ cursor: inout HeaderCursor, of things: String, minimumByteCount: Int
  ) throws(GGUFFailure) -> Int {
    let count = try cursor.integer(UInt64.self, of: "the number of \(things)")
    guard count <= UInt64(cursor.remaining / minimumByteCount) else {
      throw .tooMany(
        file: cursor.path, things: things, count: count, byteCount: cursor.remaining)
    }
    return Int(count)
  }

  private static func alignment(
    _ metadata: GGUFMetadata, file: String
  ) throws(GGUFFailure) -> Int {
    let key = GGUFMetadata.alignmentKey
    guard let value = metadata[key] else { return GGUFMetadata.defaultAlignment }
    guard case .uint32(let alignment) = value else {
      throw .metadata(
        file: file, key: key, expected: "a value of the type uint32", found: "\(value.type)")
    }
    guard alignment.nonzeroBitCount == 1 else {
      throw .metadata(file: file, key: key, expected: "a power of two", found: "\(alignment)")
    }
    return Int(alignment)
  }

  /// Checks that the tensors lie one behind the other and end with the file.
  private static func place(
    _ unplaced: [UnplacedTensor], from dataOffset: Int, alignment: Int, file: String,
    fileByteCount: Int
  ) throws(GGUFFailure) -> [Tensor] {
    var tensors: [Tensor] = []
    var end = dataOffset
    for tensor in unplaced {
      guard let begin = aligned(end, to: alignment),
        case (let next, false) = begin.addingReportingOverflow(tensor.byteCount)
      else {
        throw .tensor(
          file: file, tensor: tensor.name, expected: "data that a file can hold",
          found: "\(tensor.byteCount) bytes behind \(end)")
      }
      guard tensor.offset == UInt64(begin - dataOffset) else {
        throw .tensor(
          file: file, tensor: tensor.name,
          expected: "its data at byte \(begin - dataOffset), behind those in front of it",
          found: "byte \(tensor.offset)")
      }
      tensors.append(
        Tensor(name: tensor.name, type: tensor.type, shape: tensor.shape, byteRange: begin..<next))
      end = next
    }
    // Writers fill up the last tensor too; a file that ends with it, or with the header, is whole.
    if let first = tensors.first(where: { $0.byteRange.upperBound > fileByteCount }) {
      throw .cutShort(
        file: file, tensor: first.name, byteCount: end, fileByteCount: fileByteCount)
    }
    let last = tensors.isEmpty ? dataOffset : aligned(end, to: alignment) ?? end
    guard fileByteCount <= last else {
      throw .trailingBytes(
        file: file, last: tensors.last?.name, byteCount: last, fileByteCount: fileByteCount)
    }
    return tensors
  }
}
