public import Families
public import Parallel
internal import Quantization
internal import Recipes
public import Storage
internal import Tensors

/// Writes a checkpoint as a bundle, as a plan says.
///
/// Streams: memory is bounded by `BundlePlan.peakMemoryByteCount`, whatever the checkpoint's size.
/// The same checkpoint and plan give the same bytes. Interrupted or failed, nothing stands under
/// `path` that did not stand there before; with a `resumption` what an earlier run finished is taken
/// over. `provenance` is asked when everything is written.
public func quantize(
  _ checkpoint: CanonicalWeights, as plan: BundlePlan,
  provenance: @autoclosure () throws -> Provenance, to path: String, compress: Bool,
  threads: Int = availableThreadCount(), resumption: Resumption? = nil,
  monitor: WorkMonitor = .silent
) throws -> BundleHeader {
  try quantize(
    checkpoint, as: plan, digesting: [], provenance: { _ in try provenance() }, to: path,
    compress: compress, threads: threads, resumption: resumption, monitor: monitor)
}

/// Does the same, and digests files, those that the checkpoint comes from, in the same pass.
func quantize(
  _ checkpoint: CanonicalWeights, as plan: BundlePlan, digesting files: [String],
  provenance: ([FileDigests.Finished]) throws -> Provenance, to path: String, compress: Bool,
  threads: Int, resumption: Resumption?, monitor: WorkMonitor
) throws -> BundleHeader {
  var writer = try BundleWriter(
    path: path, plan: plan, compress: compress, threads: threads, resumption: resumption)
  let digests = try FileDigests(files)
  monitor.begin(
    "quantize", total: checkpoint.weights.storedByteCount + digests.byteCount, unit: .bytes)
  try writer.writeTensors(
    of: checkpoint, order: plan.orderOfReading(checkpoint),
    digests: files.isEmpty ? nil : SourceDigests(digests), monitor: monitor
  ) { index, rows, buffer in
    try encode(plan.tensors[index], rows: rows, of: checkpoint, into: &buffer)
  }
  return try writer.finish(provenance: provenance(digests.finished()))
}

extension BundlePlan {
  /// The tensors in the order in which the source's files have them.
  fileprivate func orderOfReading(_ checkpoint: CanonicalWeights) -> [Int] {
    let places = Dictionary(
      uniqueKeysWithValues: checkpoint.sourceWeights.enumerated().map { ($1.name, $0) })
    let firsts = tensors.map { tensor in
      tensor.runs.first.flatMap { places[checkpoint.sourceSlices(of: $0.source).source.name] } ?? 0
    }
    return tensors.indices.sorted { (firsts[$0], $0) < (firsts[$1], $1) }
  }
}

/// Makes the segments of some rows of a tensor.
private func encode(
  _ tensor: PlannedTensor, rows: Range<Int>, of checkpoint: CanonicalWeights,
  into buffer: inout BlockBuffer
) throws {
  buffer.begin(rows: rows.count, of: tensor.layout)
  let columns = tensor.shape.columns
  let step = max(1, RowBlock.cachedValueCount / max(1, columns))
  // Out of the buffer while both are lent, and moved, not copied.
  var values: [Float] = []
  swap(&values, &buffer.values)
  defer { swap(&values, &buffer.values) }
  let count = min(step, rows.count) * columns
  if values.count < count { values = [Float](repeating: 0, count: count) }
  for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
    let part = first..<min(rows.upperBound, first + step)
    var span = values.mutableSpan
    var decoded = span._mutatingExtracting(first: part.count * columns)
    try decode(part, of: tensor, checkpoint, into: &decoded)
    try encode(
      decoded.span, part, of: tensor, checkpoint, into: &buffer, place: first - rows.lowerBound)
  }
}

/// The values of some rows of a tensor.
private func decode(
  _ rows: Range<Int>, of tensor: PlannedTensor, _ checkpoint: CanonicalWeights,
  into values: inout MutableSpan<Float>
) throws {
  var place = 0
  for run in tensor.runs.extracting(tensor.shape.slices(ofRows: rows)) {
    guard tensor.shape.extents.count >= 2 else {
      for value in try checkpoint.values(of: run.source, slices: run.rows) {
        values[place] = value
        place += 1
      }
      continue
    }
    let count = run.rows.count * tensor.shape.columns
    var part = values._mutatingExtracting(place..<place + count)
    try checkpoint.decode(run.source, rows: run.rows, into: &part)
    place += count
  }
}

/// Encodes the values of some rows, of which the first is the row `place` of the block.
private func encode(
  _ values: Span<Float>, _ rows: Range<Int>, of tensor: PlannedTensor,
  _ checkpoint: CanonicalWeights, into buffer: inout BlockBuffer, place: Int
) throws {
  let strides = tensor.layout.segments.map(\.rowStride) + [0, 0]
  func bytes(_ segment: Int) -> Range<Int> {
    place * strides[segment]..<(place + rows.count) * strides[segment]
  }
  switch tensor.encoding {
  case .plain(let type):
    var first = buffer.first.mutableSpan
    var output = first._mutatingExtracting(bytes(0))
    encodeElements(values, as: type, into: &output)
  case .quantized(let scheme):
    do throws(QuantizationFailure) {
      try buffer.withSegments(bytes(0), bytes(1), bytes(2)) {
        codes, scales, zeroPoints throws(QuantizationFailure) in
        try encodeRows(
          values, columns: tensor.shape.columns, scheme: scheme, codes: &codes, scales: &scales,
          zeroPoints: &zeroPoints)
      }
    } catch {
      throw BundleFailure.cannotQuantize(
        origin: checkpoint.origin, tensor: tensor.name,
        reason: error.inMatrix(firstRow: rows.lowerBound).description)
    }
  }
}

extension QuantizationFailure {
  /// The same failure with the rows of the whole matrix, of which `firstRow` was the encoder's row
  /// 0.
  fileprivate func inMatrix(firstRow: Int) -> QuantizationFailure {
    switch self {
    case .notFinite(let row, let column, let value):
      .notFinite(row: firstRow + row, column: column, value: value)
    case .scaleOverflow(let row, let columns, let scale, let type):
      .scaleOverflow(row: firstRow + row, columns: columns, scale: scale, type: type)
    }
  }
}
