internal import Quantization
internal import Storage
internal import StrictJSON
public import Tensors

/// A native bundle, opened and validated.
///
/// As a weight source it reads through the descriptor, in pieces bounded by a block of rows, so
/// that resident memory stays small. `withBytes` lends a resident segment without a copy.
public final class Bundle: WeightSource {
  public let path: String
  public let header: BundleHeader
  /// Where the data end and the header begins.
  public let dataEnd: Int
  public let weights: [WeightDescription]
  let file: FileReader
  private let positions: [String: Int]

  /// The size of the whole file.
  public var fileByteCount: Int { file.byteCount }

  public var origin: String { path }

  private init(path: String, header: BundleHeader, dataEnd: Int, file: consuming FileReader) {
    self.path = path
    self.header = header
    self.dataEnd = dataEnd
    self.file = file
    weights = header.tensors.map {
      WeightDescription(
        name: $0.name, shape: $0.shape, encoding: $0.encoding.description,
        storedByteCount: $0.storedByteCount, isCompressed: $0.chunkRows != nil)
    }
    positions = Dictionary(
      uniqueKeysWithValues: header.tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  /// Opens a bundle and checks everything that its header says; the data are not read.
  public static func open(_ path: String) throws -> Bundle {
    let file = try FileReader.open(path)
    let place = try readPrelude(file)
    let text = try file.bytes(at: place.offset, count: place.byteCount)
    let found = CRC32(text.rawBytes)
    guard found == place.checksum else {
      throw BundleFailure.headerChecksum(path: path, expected: place.checksum, found: found)
    }
    let header = try BundleHeader(document: JSONField.parse(text, document: path))
    try header.validate(path: path, dataEnd: place.offset)
    return Bundle(path: path, header: header, dataEnd: place.offset, file: file)
  }

  /// Whether a file begins as a bundle does; its content may still be damaged.
  public static func isBundle(_ path: String) throws -> Bool {
    let file = try FileReader.open(path)
    guard file.byteCount >= BundleFormat.magic.count else { return false }
    return try file.bytes(at: 0, count: BundleFormat.magic.count) == BundleFormat.magic
  }

  public func weight(named name: String) -> WeightDescription? {
    positions[name].map { weights[$0] }
  }

  /// The tensor of that name.
  public func tensor(named name: String) -> BundleTensor? {
    positions[name].map { header.tensors[$0] }
  }

  public func decode(
    _ name: String, rows: Range<Int>, into output: inout MutableSpan<Float>
  ) throws {
    guard let tensor = tensor(named: name) else {
      preconditionFailure("\(path) has no tensor \(name)")
    }
    let columns = tensor.shape.columns
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= tensor.shape.rows
        && output.count == rows.count * columns, "rows outside the tensor or output of another size"
    )
    // Blocks of the chunks' own size, so that no chunk is decompressed twice.
    let step = tensor.chunkRows ?? RowBlock.rowCount(columns: columns)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let next = min(rows.upperBound, (row / step + 1) * step)
      let bytes = try tensor.segments.map { try readRows(row..<next, of: $0, in: tensor) }
      let first = (row - rows.lowerBound) * columns
      var part = output._mutatingExtracting(first..<first + (next - row) * columns)
      switch tensor.encoding {
      case .plain(let type):
        let values = bytes[0]
        decodeElements(values.rawBytes, of: type, into: &part)
      case .quantized(let scheme):
        let zeroPoints = scheme.symmetry == .asymmetric ? bytes[2] : []
        let (codes, scales) = (bytes[0], bytes[1])
        decodeRows(
          codes: codes.rawBytes, scales: scales.rawBytes,
          zeroPoints: zeroPoints.rawBytes, columns: columns, scheme: scheme, into: &part)
      }
      row = next
    }
  }

  /// The bytes of some rows of a segment, decompressed.
  func readRows(
    _ rows: Range<Int>, of segment: BundleSegment, in tensor: BundleTensor
  ) throws -> [UInt8] {
    let stride = segment.rowStride
    switch segment.placement {
    case .resident(let offset):
      return try file.bytes(at: offset + rows.lowerBound * stride, count: rows.count * stride)
    case .chunked(let runs):
      guard let chunkRows = tensor.chunkRows else {
        preconditionFailure("a chunked segment in a tensor without chunks")
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(rows.count * stride)
      for chunk in rows.lowerBound / chunkRows..<(rows.upperBound + chunkRows - 1) / chunkRows {
        let covered = chunk * chunkRows..<min(tensor.shape.rows, (chunk + 1) * chunkRows)
        let wanted = rows.clamped(to: covered)
        let content = try readChunk(
          chunk, at: runs[chunk], byteCount: covered.count * stride, of: segment, in: tensor)
        let first = (wanted.lowerBound - covered.lowerBound) * stride
        bytes += content[first..<first + wanted.count * stride]
      }
      return bytes
    }
  }

  private func readChunk(
    _ chunk: Int, at run: ByteRun, byteCount: Int, of segment: BundleSegment,
    in tensor: BundleTensor
  ) throws -> [UInt8] {
    let stored = try file.bytes(at: run.offset, count: run.byteCount)
    guard run.byteCount < byteCount else { return stored }
    var content = [UInt8](repeating: 0, count: byteCount)
    var span = content.mutableSpan
    var raw = span.mutableRawBytes
    do {
      try ZstdChunk.decompress(stored.rawBytes, into: &raw)
    } catch {
      throw BundleFailure.damagedChunk(
        path: path, tensor: tensor.name, segment: segment.kind.rawValue, chunk: chunk,
        reason: error.description)
    }
    return content
  }
}
