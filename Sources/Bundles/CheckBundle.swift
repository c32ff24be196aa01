public import Parallel
internal import Storage
internal import Tensors

extension Bundle {
  /// Reads the whole file: every segment is decompressed and compared with its checksum, and every
  /// byte between segments must be zero. With the header, which `open` checked, every byte of the
  /// file is then accounted for.
  ///
  /// Every thread holds one piece of a segment at a time.
  public func check(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws {
    monitor.begin("check", total: weights.storedByteCount, unit: .bytes)
    try checkPadding()
    let pieces = self.pieces
    var checksums = [UInt32](repeating: 0, count: max(1, pieces.count))
    var span = checksums.mutableSpan
    try DisjointRows.lend(&span, columns: 1) { checksums in
      try forEachChunk(
        of: pieces.count, chunk: 1, threads: threads, scratch: { [UInt8]() }
      ) { buffer, index in
        try monitor.checkCancellation()
        let piece = pieces[index.lowerBound]
        let checksum = try checksum(of: piece, using: &buffer)
        checksums.withRows(index) { $0[0] = checksum.value }
        monitor.advance(by: piece.run.byteCount)
      }
    }
    try compare(pieces, checksums)
  }

  /// What is read at once: of a resident segment some bytes, of another one chunk.
  private struct Piece: Sendable {
    var tensor: Int
    var segment: Int
    /// Where it stands.
    var run: ByteRun
    /// The rows of a chunk, nil where there are none.
    var chunk: Range<Int>?
    /// Not compressed.
    var byteCount: Int
  }

  /// The bytes of a resident segment that are read at once; they stay in the second cache.
  private static let pieceByteCount = 1 << 18

  private var pieces: [Piece] {
    var pieces: [Piece] = []
    for (tensorIndex, tensor) in header.tensors.enumerated() {
      for (index, segment) in tensor.segments.enumerated() {
        switch segment.placement {
        case .resident(let offset):
          for first in stride(from: 0, to: segment.byteCount, by: Self.pieceByteCount) {
            let count = min(Self.pieceByteCount, segment.byteCount - first)
            pieces.append(
              Piece(
                tensor: tensorIndex, segment: index,
                run: ByteRun(offset: offset + first, byteCount: count), chunk: nil, byteCount: count
              ))
          }
        case .chunked(let runs):
          guard let chunkRows = tensor.chunkRows else { continue }
          for (chunk, run) in runs.enumerated() {
            let rows = chunk * chunkRows..<min(tensor.shape.rows, (chunk + 1) * chunkRows)
            pieces.append(
              Piece(
                tensor: tensorIndex, segment: index, run: run, chunk: rows,
                byteCount: rows.count * segment.rowStride))
          }
        }
      }
    }
    return pieces
  }

  private func checksum(of piece: Piece, using buffer: inout [UInt8]) throws -> CRC32 {
    if let rows = piece.chunk {
      let tensor = header.tensors[piece.tensor]
      let bytes = try readRows(rows, of: tensor.segments[piece.segment], in: tensor)
      return CRC32(bytes.rawBytes)
    }
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Self.pieceByteCount) }
    var span = buffer.mutableSpan
    var bytes = span.mutableRawBytes
    var part = bytes._mutatingExtracting(first: piece.byteCount)
    try file.read(at: piece.run.offset, into: &part)
    return CRC32(part.bytes)
  }

  /// Compares the checksums of the pieces, joined, with those of the segments.
  private func compare(_ pieces: [Piece], _ checksums: [UInt32]) throws(BundleFailure) {
    var next = 0
    for (tensorIndex, tensor) in header.tensors.enumerated() {
      for (index, segment) in tensor.segments.enumerated() {
        var found = CRC32()
        while next < pieces.count, pieces[next].tensor == tensorIndex,
          pieces[next].segment == index
        {
          found.append(CRC32(value: checksums[next]), byteCount: pieces[next].byteCount)
          next += 1
        }
        guard found == segment.checksum else {
          throw .segmentChecksum(
            path: path, tensor: tensor.name, segment: segment.kind.rawValue,
            expected: segment.checksum, found: found)
        }
      }
    }
  }

  private func checkPadding() throws {
    var end = BundleFormat.preludeByteCount
    for tensor in header.tensors {
      for (run, _) in tensor.orderedRuns {
        try checkZeros(end..<run.offset)
        end = run.end
      }
    }
    try checkZeros(end..<dataEnd)
  }

  private func checkZeros(_ range: Range<Int>) throws {
    // A gap is padding, shorter than a block's alignment; anything longer hides something.
    guard range.count < BundleFormat.blockAlignment else {
      throw BundleFailure.inconsistent(
        path: path, subject: "bytes \(range.lowerBound) to \(range.upperBound)",
        expected: "a segment", found: "a gap")
    }
    let bytes = try file.bytes(at: range.lowerBound, count: range.count)
    if let stray = bytes.firstIndex(where: { $0 != 0 }) {
      throw BundleFailure.strayBytes(path: path, offset: range.lowerBound + stray)
    }
  }
}
