public import Families
public import Parallel
internal import Storage
internal import Tensors

/// A bundle and the plan of it in another layout.
///
/// Codes, scales, zero points and kept values are moved row by row as bytes. Scales and zero points
/// belong to rows or to groups of their columns, so the result is, byte for byte, the bundle that
/// quantizing to that layout makes.
public struct RelayoutJob: Sendable {
  public let bundle: Bundle
  /// The bundle's tensors as the weights of its network.
  public let weights: CanonicalWeights
  /// What becomes of each row.
  public let layout: LayoutPlan
  public let plan: BundlePlan
  public let output: String

  /// Opens the bundle and plans every byte; no data are read.
  public init(bundle path: String, output: String, layout: Layout) throws {
    guard output.hasSuffix(".mmdit") else { throw BundleFailure.outputNotABundle(path: output) }
    if FileSystem.isSameFile(path, output) { throw BundleFailure.outputIsSource(path: output) }
    bundle = try Bundle.open(path)
    weights = try bundle.canonicalWeights()
    self.layout = try LayoutPlan(weights, to: layout)
    plan = try BundlePlan(relaying: bundle, as: self.layout)
    self.output = output
  }

  /// Writes the bundle, compressed if the source is; interrupted, failed or made from a damaged
  /// source, nothing stands under its name.
  ///
  /// Every byte of the source's segments is read once and compared with their checksums. The
  /// provenance is that of the source: it tells where the values come from, and none is changed.
  @discardableResult
  public func run(
    threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
  ) throws -> BundleHeader {
    var writer = try BundleWriter(
      path: output, plan: plan, compress: bundle.header.isCompressed, threads: threads)
    let pieces = ReadPieces()
    monitor.begin("convert", total: bundle.weights.storedByteCount, unit: .bytes)
    try writer.writeTensors(of: bundle, monitor: monitor) { index, rows, buffer in
      buffer.take(try segments(of: rows, in: plan.tensors[index], notingIn: pieces))
    }
    try pieces.check(against: bundle)
    return try writer.finish(provenance: bundle.header.provenance)
  }

  /// The segments of some rows of a target tensor.
  private func segments(
    of rows: Range<Int>, in target: PlannedTensor, notingIn pieces: ReadPieces
  ) throws -> [[UInt8]] {
    var segments = target.layout.segments.map { segment in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(rows.count * segment.rowStride)
      return bytes
    }
    for run in target.runs.extracting(target.shape.slices(ofRows: rows)) {
      guard let tensor = bundle.tensor(named: run.source) else {
        preconditionFailure("\(bundle.path) has lost \(run.source)")
      }
      for (index, segment) in tensor.segments.enumerated() {
        let (offset, bytes) = try bundle.readSlices(run.rows, of: segment, in: tensor)
        pieces.add(
          CRC32(bytes.rawBytes), at: offset, byteCount: bytes.count, of: segment.kind,
          in: tensor.name)
        segments[index] += bytes
      }
    }
    return segments
  }
}

extension Bundle {
  /// The bytes of some slices of a segment, decompressed, and where they begin in it.
  fileprivate func readSlices(
    _ slices: Range<Int>, of segment: BundleSegment, in tensor: BundleTensor
  ) throws -> (offset: Int, bytes: [UInt8]) {
    guard tensor.shape.extents.count < 2 else {
      let bytes = try readRows(slices, of: segment, in: tensor)
      return (slices.lowerBound * segment.rowStride, bytes)
    }
    // A vector is one row of plain values.
    let row = try readRows(0..<1, of: segment, in: tensor)
    let stride = segment.rowStride / max(1, tensor.shape.sliceCount)
    let range = slices.lowerBound * stride..<slices.upperBound * stride
    return (range.lowerBound, Array(row[range]))
  }
}
