internal import Parallel
internal import Storage
internal import Synchronization
internal import Tensors

extension BundleWriter {
  /// Writes every tensor, each run where the one before it ends.
  ///
  /// Every thread makes, compresses and writes blocks; only where a block begins is known when those
  /// before it are compressed. Those that wait for that are bounded, and with them the memory:
  /// `threads × BundlePlan.blocksPerThread` at a time.
  mutating func writeCompressed(
    of source: some WeightSource, digests: SourceDigests?, monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    let blocks = compressedBlocks
    let places = CompressedPlaces(blocks, from: end, of: plan)
    try writeBlocks(
      blocks, to: places, of: plan.tensors.map { $0.weight(madeOf: source) }, digests: digests,
      monitor: monitor, makeRows: makeRows)
    for (index, placed) in places.tensors().enumerated() {
      let tensor = plan.tensors[index]
      if tensor.block != self.blocks.last?.name { try beginBlock(tensor) }
      end = max(end, placed.end)
      tensors.append(
        BundleTensor(
          name: tensor.name, shape: tensor.shape, encoding: tensor.encoding,
          chunkRows: max(
            1, min(RowBlock.rowCount(columns: tensor.shape.columns), tensor.layout.rows)),
          segments: zip(tensor.layout.segments, placed.segments).map { segment, placed in
            BundleSegment(
              kind: segment.kind, rowStride: segment.rowStride,
              byteCount: tensor.layout.rows * segment.rowStride, checksum: placed.checksum,
              placement: .chunked(placed.runs))
          }))
      endBlock()
    }
  }

  /// The blocks of rows in the order of the file.
  private var compressedBlocks: [CompressedBlock] {
    var blocks: [CompressedBlock] = []
    var name: String?
    var isAligned = false
    for (index, tensor) in plan.tensors.enumerated() {
      if tensor.block != name { isAligned = true }
      name = tensor.block
      let step = RowBlock.rowCount(columns: tensor.shape.columns)
      for row in stride(from: 0, to: tensor.layout.rows, by: step) {
        blocks.append(
          CompressedBlock(
            tensor: index, rows: row..<min(tensor.layout.rows, row + step),
            isAligned: isAligned))
        isAligned = false
      }
    }
    return blocks
  }

  private func writeBlocks(
    _ blocks: [CompressedBlock], to places: CompressedPlaces, of weights: [WeightDescription],
    digests: SourceDigests?, monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    try forEachOrdered(
      of: blocks.count, threads: threads,
      limit: max(1, threads) * BundlePlan.blocksPerThread,
      beside: { isLast in
        guard let digests else { return .finished }
        return try digests.takeStep(monitor, isLast: isLast)
      },
      scratch: { BlockBuffer() },
      make: { buffer, index in
        try monitor.checkCancellation()
        let block = blocks[index]
        defer {
          let byteCount = weights[block.tensor].storedByteCount(of: block.rows)
          digests?.noteMade(byteCount)
          monitor.advance(by: byteCount)
        }
        if let finished = file.finished, let pieces = places.pieces(of: index, in: finished),
          finished.takeOver(pieces)
        {
          return EncodedBlock(finished: pieces)
        }
        try makeRows(block.tensor, block.rows, &buffer)
        return try EncodedBlock(compressing: buffer)
      },
      place: { index, encoded in
        var encoded = encoded
        // Only a block before it that got another length moves one that was taken over.
        if encoded.standsElsewhere(than: places.nextOffset) {
          var buffer = BlockBuffer()
          try makeRows(blocks[index].tensor, blocks[index].rows, &buffer)
          encoded = try EncodedBlock(compressing: buffer)
        }
        return PlacedBlock(block: encoded, offset: places.place(encoded))
      },
      finish: { placed in
        var offset = placed.offset
        for segment in placed.block.segments {
          if let bytes = segment.bytes {
            try file.writePiece(
              bytes.rawBytes, at: offset, note: UInt64(segment.contentChecksum.value),
              checksum: segment.checksum)
          }
          offset += segment.byteCount
        }
      })
  }

  private struct PlacedBlock: Sendable {
    let block: EncodedBlock
    let offset: Int
  }
}

/// A block of rows of a compressed file, a chunk of each segment of its tensor.
struct CompressedBlock: Sendable {
  let tensor: Int
  let rows: Range<Int>
  /// Whether a block of the network begins here.
  let isAligned: Bool
}
