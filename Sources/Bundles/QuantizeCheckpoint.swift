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
/// over. `provenance` is asked once the output is known to fit the
/// disk, since it may take long to find out.
public func quantize(
  _ checkpoint: CanonicalWeights, as plan: BundlePlan,
  provenance: @autoclosure () throws -> Provenance, to path: String, compress: Bool,
  threads: Int = availableThreadCount(), resumption: Resumption? = nil,
  monitor: WorkMonitor = .silent
) throws -> BundleHeader {
  var writer = try BundleWriter(
    path: path, plan: plan, compress: compress, threads: threads, resumption: resumption)
  let provenance = try provenance()
  monitor.begin("quantize", total: checkpoint.weights.storedByteCount, unit: .bytes)
  try writer.writeTensors(of: checkpoint, monitor: monitor) { index, rows in
    try encode(plan.tensors[index], rows: rows, of: checkpoint)
  }
  return try writer.finish(provenance: provenance)
}

/// The segments of some rows of a tensor.
private func encode(
  _ tensor: PlannedTensor, rows: Range<Int>, of checkpoint: CanonicalWeights
) throws -> [[UInt8]] {
  let columns = tensor.shape.columns
  var values: [Float] = []
  values.reserveCapacity(rows.count * columns)
  for run in tensor.runs.extracting(tensor.shape.slices(ofRows: rows)) {
    values += try checkpoint.values(of: run.source, slices: run.rows)
  }
  switch tensor.encoding {
  case .plain(let type):
    var bytes = [UInt8](repeating: 0, count: values.count * type.bitWidth / 8)
    var output = bytes.mutableSpan
    encodeElements(values.span, as: type, into: &output)
    return [bytes]
  case .quantized(let scheme):
    func empty(_ rowStride: Int) -> [UInt8] {
      [UInt8](repeating: 0, count: rows.count * rowStride)
    }
    var codes = empty(scheme.codeBytesPerRow(columns: columns))
    var scales = empty(scheme.scaleBytesPerRow(columns: columns))
    var zeroPoints = empty(scheme.zeroPointBytesPerRow(columns: columns))
    var codeSpan = codes.mutableSpan
    var scaleSpan = scales.mutableSpan
    var zeroPointSpan = zeroPoints.mutableSpan
    do {
      try encodeRows(
        values.span, columns: columns, scheme: scheme, codes: &codeSpan, scales: &scaleSpan,
        zeroPoints: &zeroPointSpan)
    } catch {
      throw BundleFailure.cannotQuantize(
        origin: checkpoint.origin, tensor: tensor.name,
        reason: error.inMatrix(firstRow: rows.lowerBound).description)
    }
    return scheme.symmetry == .asymmetric ? [codes, scales, zeroPoints] : [codes, scales]
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
