internal import Parallel
internal import Storage
internal import Tensors

extension BundleWriter {
  /// A block of rows, which are contiguous in each segment.
  private struct Block: Sendable {
    var tensor: Int
    var rows: Range<Int>
  }

  /// The most segments of a tensor.
  private static let segmentLimit = 3

  /// Writes every tensor to the places that the plan has for it.
  ///
  /// Every thread makes a block and writes it, in memory of its own that it uses again for the next one;
  /// none waits for another.
  mutating func writeResident(
    of source: some WeightSource, order: [Int], digests: SourceDigests?, monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    let weights = plan.tensors.map { $0.weight(madeOf: source) }
    var blocksOfTensors = [Range<Int>](repeating: 0..<0, count: plan.tensors.count)
    var blocks: [Block] = []
    for index in order {
      let (first, tensor) = (blocks.count, plan.tensors[index])
      let step = RowBlock.rowCount(columns: tensor.shape.columns)
      for row in stride(from: 0, to: tensor.layout.rows, by: step) {
        blocks.append(
          Block(tensor: index, rows: row..<min(tensor.layout.rows, row + step)))
      }
      blocksOfTensors[index] = first..<blocks.count
    }
    let checksums = try writeBlocks(
      blocks, of: weights, digests: digests, monitor: monitor, makeRows: makeRows)
    for (index, tensor) in plan.tensors.enumerated() {
      if tensor.block != self.blocks.last?.name { try beginBlock(tensor) }
      try place(
        tensor,
        blocksOfTensors[index].map { block in
          (blocks[block].rows.count, Array(checksums[(block * Self.segmentLimit)...].prefix(3)))
        })
      endBlock()
    }
  }

  /// The checksums of all segments of all blocks, once they are written.
  private func writeBlocks(
    _ blocks: [Block], of weights: [WeightDescription], digests: SourceDigests?,
    monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws -> [UInt32] {
    var checksums = [UInt32](repeating: 0, count: max(1, blocks.count) * Self.segmentLimit)
    var span = checksums.mutableSpan
    try DisjointRows.lend(&span, columns: Self.segmentLimit) { checksums in
      try forEachChunk(
        of: blocks.count, chunk: 1, threads: threads,
        beside: { isLast in
          guard let digests else { return .finished }
          return try digests.takeStep(monitor, isLast: isLast)
        },
        scratch: { BlockBuffer() }
      ) { buffer, index in
        try monitor.checkCancellation()
        let block = blocks[index.lowerBound]
        try checksums.withRows(index) { checksums in
          if try takeOver(block, &checksums) { return }
          try makeRows(block.tensor, block.rows, &buffer)
          try write(buffer, of: block, &checksums)
        }
        let byteCount = weights[block.tensor].storedByteCount(of: block.rows)
        digests?.noteMade(byteCount)
        monitor.advance(by: byteCount)
      }
    }
    return checksums
  }

  private func write(
    _ buffer: BlockBuffer, of block: Block, _ checksums: inout MutableSpan<UInt32>
  ) throws {
    let offsets = plan.tensors[block.tensor].offsets(ofRow: block.rows.lowerBound)
    for (index, offset) in offsets.enumerated() {
      let bytes = buffer.segment(index)
      let checksum = CRC32(bytes)
      checksums[index] = checksum.value
      try file.writePiece(bytes, at: offset, note: UInt64(checksum.value), checksum: checksum)
    }
  }

  /// Whether an earlier run finished the block.
  private func takeOver(_ block: Block, _ checksums: inout MutableSpan<UInt32>) throws -> Bool {
    guard let finished = file.finished else { return false }
    let tensor = plan.tensors[block.tensor]
    var pieces: [FinishedPiece] = []
    for (offset, segment) in zip(
      tensor.offsets(ofRow: block.rows.lowerBound), tensor.layout.segments)
    {
      guard let piece = finished[offset], piece.byteCount == block.rows.count * segment.rowStride
      else { return false }
      pieces.append(piece)
    }
    guard finished.takeOver(pieces) else { return false }
    for (index, piece) in pieces.enumerated() { checksums[index] = piece.checksum.value }
    return true
  }

  /// Enters a tensor in the header, with the rows and the checksums of its blocks.
  private mutating func place(
    _ tensor: PlannedTensor, _ blocks: [(rows: Int, checksums: [UInt32])]
  ) throws(StorageFailure) {
    var segments: [BundleSegment] = []
    for (index, segment) in tensor.layout.segments.enumerated() {
      let offset = tensor.offsets[index]
      try clear(upTo: offset)
      end = offset + tensor.layout.rows * segment.rowStride
      segments.append(
        BundleSegment(
          kind: segment.kind, rowStride: segment.rowStride, byteCount: end - offset,
          checksum: blocks.reduce(into: CRC32()) { checksum, block in
            checksum.append(
              CRC32(value: block.checksums[index]), byteCount: block.rows * segment.rowStride)
          },
          placement: .resident(offset: offset)))
    }
    tensors.append(
      BundleTensor(
        name: tensor.name, shape: tensor.shape, encoding: tensor.encoding, chunkRows: nil,
        segments: segments))
  }
}
