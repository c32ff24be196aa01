internal import Parallel
internal import Recipes
internal import Storage
internal import StrictJSON
internal import Tensors

/// Writes a bundle row block by row block, in the order of the plan.
///
/// Blocks are made in waves of `threads × BundlePlan.blocksPerThread`, in parallel, and written in
/// order, so the bytes do not depend on the number of threads and memory holds one wave.
struct BundleWriter: ~Copyable {
  private let plan: BundlePlan
  private let compress: Bool
  private let threads: Int
  private var file: AtomicFile
  /// Where the next run of a compressed file begins.
  private var end = BundleFormat.preludeByteCount
  private var blocks: [BundleBlock] = []
  private var tensors: [BundleTensor] = []

  /// Opens the output and reserves its space.
  init(path: String, plan: BundlePlan, compress: Bool, threads: Int) throws(StorageFailure) {
    file = try AtomicFile.create(path, reserving: plan.diskByteCount)
    self.plan = plan
    self.compress = compress
    self.threads = threads
  }

  /// Writes every tensor. `rows` gives the bytes of each segment for a range of rows of a tensor;
  /// it is called from several threads.
  mutating func writeTensors(
    monitor: WorkMonitor,
    rows: @Sendable (_ tensor: Int, _ rows: Range<Int>) throws -> [[UInt8]]
  ) throws {
    for index in plan.tensors.indices {
      let tensor = plan.tensors[index]
      if tensor.block != blocks.last?.name { beginBlock(tensor) }
      try write(tensor, monitor: monitor) { try rows(index, $0) }
      endBlock()
    }
  }

  private mutating func beginBlock(_ tensor: PlannedTensor) {
    let offset =
      compress
      ? BundleFormat.aligned(end, to: BundleFormat.blockAlignment)
      : tensor.offsets[0]
    end = offset
    blocks.append(
      BundleBlock(
        name: tensor.block, run: ByteRun(offset: offset, byteCount: 0),
        tensors: tensors.count..<tensors.count))
  }

  private mutating func endBlock() {
    let block = blocks.removeLast()
    blocks.append(
      BundleBlock(
        name: block.name,
        run: ByteRun(offset: block.run.offset, byteCount: end - block.run.offset),
        tensors: block.tensors.lowerBound..<tensors.count))
  }

  /// A row block on its way from the workers to the file.
  private struct Piece: Sendable {
    let segments: [[UInt8]]
    let checksums: [CRC32]
    /// The frame of each segment, nil where it is stored as it is.
    let frames: [[UInt8]?]
  }

  private mutating func write(
    _ tensor: PlannedTensor, monitor: WorkMonitor,
    rows: @Sendable (Range<Int>) throws -> [[UInt8]]
  ) throws {
    let compress = compress
    let layout = tensor.layout
    let step = RowBlock.rowCount(columns: tensor.shape.columns)
    let blockCount = (layout.rows + step - 1) / step
    var checksums = layout.segments.map { _ in CRC32() }
    var runs: [[ByteRun]] = layout.segments.map { _ in [] }
    let waveSize = threads * BundlePlan.blocksPerThread
    for firstBlock in stride(from: 0, to: blockCount, by: waveSize) {
      let wave = firstBlock..<min(blockCount, firstBlock + waveSize)
      let pieces = try mapChunks(of: wave.count, chunk: 1, threads: threads) { range in
        try monitor.checkCancellation()
        let first = (firstBlock + range.lowerBound) * step
        let segments = try rows(first..<min(layout.rows, first + step))
        return Piece(
          segments: segments, checksums: segments.map { CRC32($0.rawBytes) },
          frames: try segments.map { compress ? try ZstdChunk.compress($0.rawBytes) : nil })
      }
      for (index, piece) in pieces.enumerated() {
        for segment in layout.segments.indices {
          let content = piece.segments[segment]
          checksums[segment].append(piece.checksums[segment], byteCount: content.count)
          let stored = piece.frames[segment] ?? content
          let offset =
            compress
            ? end
            : tensor.offsets[segment] + (firstBlock + index) * step
              * layout.segments[segment].rowStride
          try file.write(stored.rawBytes, at: offset)
          runs[segment].append(ByteRun(offset: offset, byteCount: stored.count))
          end = max(end, offset + stored.count)
        }
      }
    }
    tensors.append(
      BundleTensor(
        name: tensor.name, shape: tensor.shape, encoding: tensor.encoding,
        chunkRows: compress ? max(1, min(step, layout.rows)) : nil,
        segments: layout.segments.indices.map { index in
          BundleSegment(
            kind: layout.segments[index].kind, rowStride: layout.segments[index].rowStride,
            byteCount: layout.rows * layout.segments[index].rowStride,
            checksum: checksums[index],
            placement: compress
              ? .chunked(runs[index]) : .resident(offset: tensor.offsets[index]))
        }))
  }

  /// Writes the header and the prelude, syncs, and gives the file its name.
  ///
  /// The header is read back first: what our own reader refuses never gets the name.
  consuming func finish(provenance: Provenance) throws -> BundleHeader {
    let header = BundleHeader(
      configuration: plan.configuration, recipe: plan.recipe, provenance: provenance,
      blocks: blocks, tensors: tensors)
    let text = Array(header.document.compact().utf8)
    let reread = try BundleHeader(document: JSONField.parse(text, document: file.path))
    try reread.validate(path: file.path, dataEnd: end)
    precondition(reread == header, "a header reads back as another one")
    try file.write(text.rawBytes, at: end)
    let place = HeaderPlace(
      offset: end, byteCount: text.count, checksum: CRC32(text.rawBytes))
    try file.write(place.prelude.rawBytes, at: 0)
    try file.commit(byteCount: end + text.count)
    return header
  }
}
