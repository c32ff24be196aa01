internal import Parallel
internal import Storage
internal import Tensors

extension BundleWriter {
  /// Writes every tensor, each run where the one before it ends.
  ///
  /// Blocks are made in waves of `threads × BundlePlan.blocksPerThread`, in parallel, and written in
  /// order, so that memory holds one wave.
  mutating func writeCompressed(
    of source: some WeightSource, digests: SourceDigests?, monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    for index in plan.tensors.indices {
      let tensor = plan.tensors[index]
      if tensor.block != blocks.last?.name { try beginBlock(tensor) }
      try write(
        tensor, of: tensor.weight(madeOf: source), digests: digests, monitor: monitor
      ) { try makeRows(index, $0, &$1) }
      endBlock()
    }
    while try digests?.takeStep(monitor, isLast: true) == .done {}
  }

  private mutating func write(
    _ tensor: PlannedTensor, of weight: WeightDescription, digests: SourceDigests?,
    monitor: WorkMonitor, makeRows: @Sendable (Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    let layout = tensor.layout
    let step = RowBlock.rowCount(columns: tensor.shape.columns)
    let blockCount = (layout.rows + step - 1) / step
    var checksums = layout.segments.map { _ in CRC32() }
    var runs: [[ByteRun]] = layout.segments.map { _ in [] }
    let waveSize = threads * BundlePlan.blocksPerThread
    for firstBlock in stride(from: 0, to: blockCount, by: waveSize) {
      let wave = (firstBlock..<min(blockCount, firstBlock + waveSize)).map {
        $0 * step..<min(layout.rows, ($0 + 1) * step)
      }
      let blocks = try makeWave(
        wave, of: tensor, weight, digests: digests, monitor: monitor, makeRows: makeRows)
      for (range, block) in zip(wave, blocks) {
        // Only a block before it that got another length moves one that was taken over.
        let block =
          block.standsElsewhere(than: end) ? try Self.encoded(range, makeRows) : block
        for (index, segment) in block.segments.enumerated() {
          if let bytes = segment.bytes {
            try file.writePiece(
              bytes.rawBytes, at: end, note: UInt64(segment.contentChecksum.value),
              checksum: segment.checksum)
          }
          checksums[index].append(
            segment.contentChecksum, byteCount: range.count * layout.segments[index].rowStride)
          runs[index].append(ByteRun(offset: end, byteCount: segment.byteCount))
          end += segment.byteCount
        }
      }
    }
    tensors.append(
      BundleTensor(
        name: tensor.name, shape: tensor.shape, encoding: tensor.encoding,
        chunkRows: max(1, min(step, layout.rows)),
        segments: layout.segments.indices.map { index in
          BundleSegment(
            kind: layout.segments[index].kind, rowStride: layout.segments[index].rowStride,
            byteCount: layout.rows * layout.segments[index].rowStride,
            checksum: checksums[index], placement: .chunked(runs[index]))
        }))
  }

  /// Makes some blocks of rows, or takes them over.
  private func makeWave(
    _ wave: [Range<Int>], of tensor: PlannedTensor, _ weight: WeightDescription,
    digests: SourceDigests?, monitor: WorkMonitor,
    makeRows: @Sendable (Range<Int>, inout BlockBuffer) throws -> Void
  ) throws -> [EncodedBlock] {
    let finished = file.finished
    let pieces = finishedPieces(of: wave, tensor)
    return try mapChunks(of: wave.count, chunk: 1, threads: threads) { index in
      let range = wave[index.lowerBound]
      // One for each block, so that a wave does not wait for many.
      _ = try digests?.takeStep(monitor)
      try monitor.checkCancellation()
      defer {
        digests?.noteMade(weight.storedByteCount(of: range))
        monitor.advance(by: weight.storedByteCount(of: range))
      }
      if let finished, let pieces = pieces[index.lowerBound], finished.takeOver(pieces) {
        return EncodedBlock(finished: pieces)
      }
      return try Self.encoded(range, makeRows)
    }
  }

  private static func encoded(
    _ range: Range<Int>, _ makeRows: (Range<Int>, inout BlockBuffer) throws -> Void
  ) throws -> EncodedBlock {
    var buffer = BlockBuffer()
    try makeRows(range, &buffer)
    return try EncodedBlock(compressing: buffer)
  }

  /// What an earlier run noted of the segments of each block of a wave, nil where one is missing.
  private func finishedPieces(
    of wave: [Range<Int>], _ tensor: PlannedTensor
  ) -> [[FinishedPiece]?] {
    guard let finished = file.finished else { return wave.map { _ in nil } }
    var offset: Int? = end
    return wave.map { range in
      var pieces: [FinishedPiece] = []
      for segment in tensor.layout.segments {
        guard let place = offset, let piece = finished[place],
          piece.byteCount <= range.count * segment.rowStride
        else {
          // Where a compressed block begins is not known when the one before it is missing.
          offset = nil
          return nil
        }
        offset = place + piece.byteCount
        pieces.append(piece)
      }
      return pieces
    }
  }
}
