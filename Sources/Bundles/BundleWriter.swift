internal import Parallel
internal import Recipes
internal import Storage
internal import StrictJSON
internal import Tensors

/// Writes a bundle row block by row block, in the order of the plan.
///
/// Blocks are made in waves of `threads × BundlePlan.blocksPerThread`, in parallel, and written in
/// order, so the bytes do not depend on the number of threads and memory holds one wave. Blocks that
/// an earlier run finished are read back instead of made.
struct BundleWriter: ~Copyable {
  private let plan: BundlePlan
  private let compress: Bool
  private let threads: Int
  private var file: ResumableFile
  /// Where the next run of a compressed file begins.
  private var end = BundleFormat.preludeByteCount
  private var blocks: [BundleBlock] = []
  private var tensors: [BundleTensor] = []

  /// Opens the output, with what an earlier run finished of it when that is wanted, and reserves its
  /// space.
  init(
    path: String, plan: BundlePlan, compress: Bool, threads: Int, resumption: Resumption? = nil
  ) throws(StorageFailure) {
    file = try ResumableFile.create(
      path, reserving: plan.diskByteCount, resumption: resumption)
    self.plan = plan
    self.compress = compress
    self.threads = threads
  }

  /// Writes every tensor; progress is counted by the bytes of `source`, of whose rows they are made.
  /// `rows` gives the bytes of each segment for a range of rows of a tensor; it is called from
  /// several threads.
  mutating func writeTensors(
    of source: some WeightSource, monitor: WorkMonitor,
    rows: @Sendable (_ tensor: Int, _ rows: Range<Int>) throws -> [[UInt8]]
  ) throws {
    for index in plan.tensors.indices {
      let tensor = plan.tensors[index]
      if tensor.block != blocks.last?.name { try beginBlock(tensor) }
      try write(tensor, of: tensor.weight(madeOf: source), monitor: monitor) { try rows(index, $0) }
      endBlock()
    }
  }

  private mutating func beginBlock(_ tensor: PlannedTensor) throws(StorageFailure) {
    let offset =
      compress
      ? BundleFormat.aligned(end, to: BundleFormat.blockAlignment)
      : tensor.offsets[0]
    try clear(upTo: offset)
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

  /// Makes the bytes from the end of the data to the next segment zero.
  ///
  /// New files have zeros there; in one that is gone on with they may have been damaged.
  private mutating func clear(upTo offset: Int) throws(StorageFailure) {
    if file.finished != nil, end < offset {
      let zeros = [UInt8](repeating: 0, count: offset - end)
      try file.write(zeros.rawBytes, at: end)
    }
    end = max(end, offset)
  }

  private mutating func write(
    _ tensor: PlannedTensor, of weight: WeightDescription, monitor: WorkMonitor,
    rows: @Sendable (Range<Int>) throws -> [[UInt8]]
  ) throws {
    let layout = tensor.layout
    let step = RowBlock.rowCount(columns: tensor.shape.columns)
    let blockCount = (layout.rows + step - 1) / step
    var checksums = layout.segments.map { _ in CRC32() }
    var runs: [[ByteRun]] = layout.segments.map { _ in [] }
    if !compress {
      for (offset, segment) in zip(tensor.offsets, layout.segments) {
        try clear(upTo: offset)
        end = offset + layout.rows * segment.rowStride
      }
    }
    let waveSize = threads * BundlePlan.blocksPerThread
    for firstBlock in stride(from: 0, to: blockCount, by: waveSize) {
      let wave = (firstBlock..<min(blockCount, firstBlock + waveSize)).map {
        $0 * step..<min(layout.rows, ($0 + 1) * step)
      }
      let blocks = try makeWave(wave, of: tensor, weight, monitor: monitor, rows: rows)
      for (range, block) in zip(wave, blocks) {
        let offsets = compress ? nil : tensor.offsets(ofRow: range.lowerBound)
        // Only a block before it that got another length moves one that was taken over.
        let block =
          offsets == nil && block.standsElsewhere(than: end)
          ? try EncodedBlock(rows(range), compress: compress) : block
        for (index, segment) in block.segments.enumerated() {
          let offset = offsets?[index] ?? end
          if let bytes = segment.bytes {
            try file.writePiece(
              bytes.rawBytes, at: offset, note: UInt64(segment.contentChecksum.value),
              checksum: segment.checksum)
          }
          checksums[index].append(
            segment.contentChecksum, byteCount: range.count * layout.segments[index].rowStride)
          runs[index].append(ByteRun(offset: offset, byteCount: segment.byteCount))
          if compress { end = offset + segment.byteCount }
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

  /// Makes some blocks of rows, or takes them over.
  private func makeWave(
    _ wave: [Range<Int>], of tensor: PlannedTensor, _ weight: WeightDescription,
    monitor: WorkMonitor, rows: @Sendable (Range<Int>) throws -> [[UInt8]]
  ) throws -> [EncodedBlock] {
    let compress = compress
    let finished = file.finished
    let pieces = finishedPieces(of: wave, tensor)
    return try mapChunks(of: wave.count, chunk: 1, threads: threads) { index in
      try monitor.checkCancellation()
      let range = wave[index.lowerBound]
      defer { monitor.advance(by: weight.storedByteCount(of: range)) }
      if let finished, let pieces = pieces[index.lowerBound], finished.takeOver(pieces) {
        return EncodedBlock(finished: pieces)
      }
      return try EncodedBlock(rows(range), compress: compress)
    }
  }

  /// What an earlier run noted of the segments of each block of a wave, nil where one is missing.
  private func finishedPieces(
    of wave: [Range<Int>], _ tensor: PlannedTensor
  ) -> [[FinishedPiece]?] {
    guard let finished = file.finished else { return wave.map { _ in nil } }
    var offset: Int? = end
    return wave.map { range in
      let offsets = tensor.offsets(ofRow: range.lowerBound)
      var pieces: [FinishedPiece] = []
      for (index, segment) in tensor.layout.segments.enumerated() {
        let byteCount = range.count * segment.rowStride
        guard let place = compress ? offset : offsets[index], let piece = finished[place],
          compress ? piece.byteCount <= byteCount : piece.byteCount == byteCount
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

  /// Writes the header and the prelude, syncs, and gives the file its name.
  ///
  /// The header is read back first: what our own reader refuses never gets the name.
  consuming func finish(provenance: Provenance) throws -> BundleHeader {
    let header = BundleHeader(
      configuration: plan.configuration, layout: plan.layout, recipe: plan.recipe,
      provenance: provenance, blocks: blocks, tensors: tensors)
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
