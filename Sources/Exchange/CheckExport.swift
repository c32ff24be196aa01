internal import Bundles
internal import Families
internal import Parallel
internal import Storage
public import Tensors

/// How one weight of an output differs from what it was made of, found by reading it back.
public struct ReadBack: Sendable {
  /// The weight's name in the suite's own layout.
  public let name: String
  public let metrics: ErrorMetrics
  /// The largest error of a row as a share of the row's largest magnitude.
  let rowShare: Double
  let largestError: Double
  let largestMagnitude: Double
}

/// Compares every weight of an output, read as anyone would read it, with what it was made of.
///
/// Codes that were moved must give the same values; what was encoded may differ by the bound of its
/// storage. Memory holds one row block of each side for each thread.
func check(
  _ output: CanonicalWeights, of plan: ExportPlan, from input: ExportInput, threads: Int,
  monitor: WorkMonitor
) throws -> [ReadBack] {
  var owners: [String: ExportTensor] = [:]
  for tensor in plan.tensors {
    for run in tensor.runs { owners[run.source] = tensor }
  }
  monitor.begin("read back", total: output.weights.weightCount, unit: .bytes)
  let comparisons = try input.weights.weights.map { weight in
    let isOriginal = owners[weight.name]?.source == .original
    let source = isOriginal ? input.original?.weights ?? input.weights : input.weights
    return try compare(weight, of: source, with: output, threads: threads, monitor: monitor)
  }
  // Parts of a tensor that has one scale share the largest magnitude, too.
  var magnitudes: [String: Double] = [:]
  for comparison in comparisons {
    guard let tensor = owners[comparison.name] else {
      preconditionFailure("the plan has lost \(comparison.name)")
    }
    magnitudes[tensor.name] = max(
      magnitudes[tensor.name] ?? 0, comparison.largestMagnitude)
  }
  for comparison in comparisons {
    guard let tensor = owners[comparison.name] else { continue }
    try comparison.require(
      tensor, largestMagnitude: magnitudes[tensor.name] ?? 0, target: plan.target.id)
  }
  return comparisons
}

private func compare(
  _ weight: WeightDescription, of source: CanonicalWeights, with output: CanonicalWeights,
  threads: Int, monitor: WorkMonitor
) throws -> ReadBack {
  let columns = weight.shape.columns
  let parts = try mapChunks(
    of: weight.shape.rows, chunk: RowBlock.rowCount(columns: columns), threads: threads
  ) { rows in
    try monitor.checkCancellation()
    let expected = try source.values(of: weight.name, rows: rows)
    let found = try output.values(of: weight.name, rows: rows)
    var part = Part()
    for row in 0..<rows.count {
      part.add(
        expected.span.extracting(row * columns..<(row + 1) * columns),
        found.span.extracting(row * columns..<(row + 1) * columns))
    }
    part.metrics.add(reference: expected.span, candidate: found.span)
    monitor.advance(by: rows.count * columns)
    return part
  }
  let whole = parts.reduce(into: Part()) { $0.merge($1) }
  return ReadBack(
    name: weight.name, metrics: whole.metrics, rowShare: whole.rowShare,
    largestError: whole.largestError, largestMagnitude: whole.largestMagnitude)
}

/// What some rows contribute.
private struct Part: Sendable {
  var metrics = ErrorMetrics()
  var rowShare = 0.0
  var largestError = 0.0
  var largestMagnitude = 0.0

  mutating func add(_ expected: Span<Float>, _ found: Span<Float>) {
    var error = 0.0
    var magnitude = 0.0
    for index in expected.indices {
      // A NaN is as wrong as can be, and has to survive the maximum.
      let difference = abs(Double(found[index]) - Double(expected[index]))
      error = difference.isNaN ? .infinity : max(error, difference)
      magnitude = max(magnitude, abs(Double(expected[index])))
    }
    if error > 0 { rowShare = max(rowShare, magnitude > 0 ? error / magnitude : .infinity) }
    largestError = max(largestError, error)
    largestMagnitude = max(largestMagnitude, magnitude)
  }

  mutating func merge(_ later: Part) {
    metrics.merge(later.metrics)
    rowShare = max(rowShare, later.rowShare)
    largestError = max(largestError, later.largestError)
    largestMagnitude = max(largestMagnitude, later.largestMagnitude)
  }
}

extension ReadBack {
  /// Throws unless the weight is as exact as its storage can be.
  fileprivate func require(
    _ tensor: ExportTensor, largestMagnitude: Double, target: String
  ) throws(ExportFailure) {
    let matrixShare = largestError == 0 ? 0 : largestError / largestMagnitude
    let found = tensor.storage.hasOneScale ? matrixShare : rowShare
    let bound = tensor.source.isValues ? Double(tensor.storage.errorBound) : 0
    guard found <= bound else {
      throw .wrongReadBack(
        target: target, tensor: name,
        expected: bound == 0
          ? "the same values" : "values within \(bound) of the largest of their row",
        found: "one that is off by \(found)")
    }
  }
}
