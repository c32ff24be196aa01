public import Families
public import Parallel
internal import Quantization
internal import Recipes
internal import Storage
internal import Tensors

/// Writes a checkpoint as a bundle, as a plan says.
///
/// Streams: memory is bounded by `BundlePlan.peakMemoryByteCount`, whatever the checkpoint's size.
/// The same checkpoint and plan give the same bytes. Interrupted or failed, nothing stands under
/// `path` that did not stand there before.
public func quantize(
  _ checkpoint: CanonicalWeights, as plan: BundlePlan, provenance: Provenance, to path: String,
  compress: Bool, threads: Int = availableThreadCount(), monitor: WorkMonitor = .silent
) throws -> BundleHeader {
  var writer = try BundleWriter(path: path, plan: plan, compress: compress, threads: threads)
  monitor.begin("quantize", total: checkpoint.weights.storedByteCount, unit: .bytes)
  try writer.writeTensors(monitor: monitor) { index, rows in
    let segments = try encode(plan.tensors[index], rows: rows, of: checkpoint)
    monitor.advance(by: checkpoint.weights[index].storedByteCount(of: rows))
    return segments
  }
  return try writer.finish(provenance: provenance)
}

/// The segments of some rows of a tensor.
private func encode(
  _ tensor: PlannedTensor, rows: Range<Int>, of checkpoint: CanonicalWeights
) throws -> [[UInt8]] {
  let columns = tensor.shape.columns
  var values = [Float](repeating: 0, count: rows.count * columns)
  var span = values.mutableSpan
  try checkpoint.decode(tensor.name, rows: rows, into: &span)
  var segments = tensor.layout.segments.map {
    [UInt8](repeating: 0, count: rows.count * $0.rowStride)
  }
  switch tensor.encoding {
  case .plain(let type):
    var output = segments[0].mutableSpan
    encodeElements(values.span, as: type, into: &output)
  case .quantized(let scheme):
    var zeroPoints = scheme.symmetry == .asymmetric ? segments[2] : []
    var codes = segments[0].mutableSpan
    var scales = segments[1].mutableSpan
    var zeros = zeroPoints.mutableSpan
    do {
      try encodeRows(
        values.span, columns: columns, scheme: scheme, codes: &codes, scales: &scales,
        zeroPoints: &zeros)
    } catch {
      throw BundleFailure.cannotQuantize(
        origin: checkpoint.origin, tensor: tensor.name,
        reason: error.inMatrix(firstRow: rows.lowerBound).description)
    }
    if scheme.symmetry == .asymmetric { segments[2] = zeroPoints }
  }
  return segments
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
