public import Parallel
internal import Storage
internal import Tensors

extension Bundle {
  /// Reads the whole file: every segment is decompressed and compared with its checksum, and every
  /// byte between segments must be zero. With the header, which `open` checked, every byte of the
  /// file is then accounted for.
  public func check(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws {
    monitor.begin("check", total: weights.storedByteCount, unit: .bytes)
    try checkPadding()
    for tensor in header.tensors {
      for segment in tensor.segments {
        let found = try checksum(of: segment, in: tensor, threads: threads, monitor: monitor)
        guard found == segment.checksum else {
          throw BundleFailure.segmentChecksum(
            path: path, tensor: tensor.name, segment: segment.kind.rawValue,
            expected: segment.checksum, found: found)
        }
      }
      monitor.advance(by: tensor.storedByteCount)
    }
  }

  private func checksum(
    of segment: BundleSegment, in tensor: BundleTensor, threads: Int, monitor: WorkMonitor
  ) throws -> CRC32 {
    let rows = tensor.shape.rows
    let step = tensor.chunkRows ?? RowBlock.rowCount(columns: tensor.shape.columns)
    let parts = try mapChunks(of: rows, chunk: step, threads: threads) { range in
      try monitor.checkCancellation()
      let bytes = try readRows(range, of: segment, in: tensor)
      return (checksum: CRC32(bytes.rawBytes), byteCount: bytes.count)
    }
    return parts.reduce(into: CRC32()) { $0.append($1.checksum, byteCount: $1.byteCount) }
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
