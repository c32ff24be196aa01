internal import Bundles
internal import Checkpoints
package import Families
package import Parallel
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
package func check(
  _ output: CanonicalWeights, of plan: ExportPlan, from input: ExportInput, threads: Int,
  monitor: WorkMonitor
) throws -> [ReadBack] {
  monitor.begin("read back", total: output.weights.storedByteCount, unit: .bytes)
  let expectations = plan.expectations(of: input)
  let comparisons = try expectations.map {
    try $0.compare(with: output, threads: threads, monitor: monitor)
  }
  // Parts of a tensor whose rows share scales share the largest magnitude, too.
  var magnitudes: [String: Double] = [:]
  for (expected, found) in zip(expectations, comparisons) {
    magnitudes[expected.tensor, default: 0] = max(
      magnitudes[expected.tensor, default: 0], found.largestMagnitude)
  }
  for (expected, found) in zip(expectations, comparisons) {
    try expected.require(
      found, largestMagnitude: magnitudes[expected.tensor, default: 0], target: plan.target.id)
  }
  return comparisons
}

/// How exact a weight of the output has to be.
private struct Expectation: Sendable {
  let weight: WeightDescription
  /// What it is made of.
  let source: CanonicalWeights
  /// The tensor of the output that has it.
  let tensor: String
  /// The largest error, as a share of the largest magnitude of its row, or of all.
  let bound: Double
  /// What is allowed on top of it, in the unit of the values.
  let smallBound: Double
  let sharesScales: Bool

  func require(_ found: ReadBack, largestMagnitude: Double, target: String) throws {
    let share =
      sharesScales && found.largestError > 0
      ? found.largestError / largestMagnitude : found.rowShare
    guard share > bound || share.isNaN else { return }
    throw ExportFailure.wrongReadBack(
      target: target, tensor: weight.name,
      expected: bound == 0
        ? "the same values" : "values within \(bound) of the largest of their row",
      found: "one that is off by \(share)")
  }

  func compare(
    with output: CanonicalWeights, threads: Int, monitor: WorkMonitor
  ) throws -> ReadBack {
    let columns = weight.shape.columns
    let stored = output.weight(named: weight.name)
    let parts = try mapChunks(
      of: weight.shape.rows, chunk: RowBlock.rowCount(columns: columns), threads: threads
    ) { rows in
      try monitor.checkCancellation()
      let expected = try source.values(of: weight.name, rows: rows)
      let found = try output.values(of: weight.name, rows: rows)
      var part = Part(smallError: smallBound)
      part.add(expected.span, found.span, columns: columns)
      monitor.advance(by: stored?.storedByteCount(of: rows) ?? 0)
      return part
    }
    let whole = parts.reduce(into: Part(smallError: smallBound)) { $0.merge($1) }
    return ReadBack(
      name: weight.name, metrics: whole.metrics, rowShare: whole.rowShare,
      largestError: whole.largestError, largestMagnitude: whole.largestMagnitude)
  }
}

extension ExportPlan {
  /// In the order of execution.
  fileprivate func expectations(of input: ExportInput) -> [Expectation] {
    var owners: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() {
      for run in tensor.runs { owners[run.source] = index }
    }
    return input.weights.weights.compactMap { weight in
      owners[weight.name].map { index in
        let tensor = tensors[index]
        return Expectation(
          weight: weight, source: input.weights(for: tensor.source), tensor: tensor.name,
          bound: tensor.source.isValues ? Double(tensor.storage.errorBound) : 0,
          smallBound: tensor.source.isValues ? Double(tensor.storage.smallErrorBound) : 0,
          sharesScales: tensor.storage.sharesScales(columns: tensor.shape.sliceSize))
      }
    }
  }
}

/// What some rows contribute.
private struct Part: Sendable {
  /// What does not count as an error.
  let smallError: Double
  var metrics = ErrorMetrics()
  var rowShare = 0.0
  var largestError = 0.0
  var largestMagnitude = 0.0

  /// Adds whole rows.
  mutating func add(_ expected: Span<Float>, _ found: Span<Float>, columns: Int) {
    metrics.add(reference: expected, candidate: found)
    for first in stride(from: 0, to: expected.count, by: max(1, columns)) {
      var error = 0.0
      var magnitude = 0.0
      for index in first..<first + columns {
        // A NaN is as wrong as can be, and has to survive the maximum.
        let difference = abs(Double(found[index]) - Double(expected[index]))
        error = difference.isNaN ? .infinity : max(error, difference)
        magnitude = max(magnitude, abs(Double(expected[index])))
      }
      error = max(0, error - smallError)
      if error > 0 { rowShare = max(rowShare, magnitude > 0 ? error / magnitude : .infinity) }
      largestError = max(largestError, error)
      largestMagnitude = max(largestMagnitude, magnitude)
    }
  }

  mutating func merge(_ later: Part) {
    metrics.merge(later.metrics)
    rowShare = max(rowShare, later.rowShare)
    largestError = max(largestError, later.largestError)
    largestMagnitude = max(largestMagnitude, later.largestMagnitude)
  }
}
