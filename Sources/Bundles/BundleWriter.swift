internal import Parallel
internal import Recipes
internal import Storage
internal import StrictJSON
internal import Tensors

/// Writes a bundle row block by row block.
///
/// What the bytes are does not depend on the number of threads. Blocks that an earlier run finished are
/// read back instead of made. A resident bundle is written in any order, see
/// `BundleWriter+Resident.swift`, a compressed one from its beginning to its end, see
/// `BundleWriter+Compressed.swift`.
struct BundleWriter: ~Copyable {
  let plan: BundlePlan
  let compress: Bool
  let threads: Int
  var file: ResumableFile
  /// Where the next run of a compressed file begins.
  var end = BundleFormat.preludeByteCount
  private(set) var blocks: [BundleBlock] = []
  var tensors: [BundleTensor] = []

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
  ///
  /// `makeRows` gives the bytes of some rows of a tensor; it is called from several threads. `order` is
  /// the one in which that is fastest, of all tensors; the file's is that of the plan. `digests` are
  /// taken beside.
  mutating func writeTensors(
    of source: some WeightSource, order: [Int]? = nil, digests: SourceDigests? = nil,
    monitor: WorkMonitor,
    makeRows: @Sendable (_ tensor: Int, _ rows: Range<Int>, inout BlockBuffer) throws -> Void
  ) throws {
    if compress {
      try writeCompressed(of: source, digests: digests, monitor: monitor, makeRows: makeRows)
    } else {
      try writeResident(
        of: source, order: order ?? Array(plan.tensors.indices), digests: digests,
        monitor: monitor, makeRows: makeRows)
    }
  }

  mutating func beginBlock(_ tensor: PlannedTensor) throws(StorageFailure) {
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

  mutating func endBlock() {
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
  mutating func clear(upTo offset: Int) throws(StorageFailure) {
    if file.finished != nil, end < offset {
      let zeros = [UInt8](repeating: 0, count: offset - end)
      try file.write(zeros.rawBytes, at: end)
    }
    end = max(end, offset)
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
