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
  /// Of the row that comes closest to its bound or farthest beyond it.
  let worstRow: RowError
  let largestError: Double
  let largestMagnitude: Double
}

/// The largest error of a row, and how large it may be, as shares of its largest magnitude.
struct RowError: Sendable {
  var share = 0.0
  var bound = 0.0

  /// A NaN is beyond every bound.
  private var ratio: Double { share == 0 ? 0 : share.isNaN ? .infinity : share / bound }

  static func worse(_ first: RowError, _ second: RowError) -> RowError {
    second.ratio > first.ratio ? second : first
  }
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
  /// How values are encoded; nil for codes, which give the same values.
  let storage: TensorStorage?
  /// Whether rows share scales, so that the bound is a share of the largest magnitude of all.
  let sharesScales: Bool
  /// The rows that the output stores together.
  let unitRows: Int

  /// What does not count as an error, in the unit of the values.
  private var smallError: Double { Double(storage?.smallErrorBound ?? 0) }

  func require(_ found: ReadBack, largestMagnitude: Double, target: String) throws {
    var (share, bound) = (found.worstRow.share, found.worstRow.bound)
    if let storage, sharesScales, found.largestError > 0 {
      (share, bound) = (found.largestError / largestMagnitude, Double(storage.errorBound))
    }
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
      of: weight.shape.rows, chunk: RowBlock.rowCount(columns: columns), threads: threads,
      scratch: { (expected: [Float](), found: [Float]()) }
    ) { scratch, chunk in
      try monitor.checkCancellation()
      var part = Part(smallError: smallError)
      for rows in chunk.parts(of: rowsAtOnce(chunk.count)) {
        let count = rows.count * columns
        try decode(rows, count, of: source, into: &scratch.expected)
        try decode(rows, count, of: output, into: &scratch.found)
        part.add(
          scratch.expected.span.extracting(first: count),
          scratch.found.span.extracting(first: count), columns: columns
        ) { row in storage.map { Double($0.errorBound(ofRow: row)) } ?? 0 }
      }
      monitor.advance(by: stored?.storedByteCount(of: chunk) ?? 0)
      return part
    }
    let whole = parts.reduce(into: Part(smallError: smallError)) { $0.merge($1) }
    return ReadBack(
      name: weight.name, metrics: whole.metrics, worstRow: whole.worstRow,
      largestError: whole.largestError, largestMagnitude: whole.largestMagnitude)
  }
}

extension Expectation {
  /// The rows that are compared at once, so that their values stay in the caches; all of a chunk where
  /// the source has no single rows.
  private func rowsAtOnce(_ chunk: Int) -> Int {
    guard !weight.isCompressed, ElementType(rawValue: weight.encoding) != nil else { return chunk }
    return max(1, RowBlock.cachedValueCount / max(1, weight.shape.columns) / unitRows) * unitRows
  }

  /// Puts the values of rows at the beginning of `values`, which grows where it is too small.
  private func decode(
    _ rows: Range<Int>, _ count: Int, of weights: CanonicalWeights, into values: inout [Float]
  ) throws {
    if values.count < count { values = [Float](repeating: 0, count: count) }
    var span = values.mutableSpan
    var output = span._mutatingExtracting(first: count)
    try weights.decode(weight.name, rows: rows, into: &output)
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
          storage: tensor.source.isValues ? tensor.storage : nil,
          sharesScales: tensor.storage.sharesScales(columns: tensor.shape.sliceSize),
          unitRows: tensor.storage.unitRows(columns: tensor.shape.sliceSize))
      }
    }
  }
}

/// What some rows contribute.
private struct Part: Sendable {
  /// What does not count as an error.
  let smallError: Double
  var metrics = ErrorMetrics()
  var worstRow = RowError()
  var largestError = 0.0
  var largestMagnitude = 0.0

  /// Adds whole rows, of each of which `bound` says how large its errors may be.
  mutating func add(
    _ expected: Span<Float>, _ found: Span<Float>, columns: Int, bound: (Span<Float>) -> Double
  ) {
    for first in stride(from: 0, to: expected.count, by: max(1, columns)) {
      let row = first..<first + columns
      let values = expected.extracting(row)
      var pairs = ErrorMetrics()
      pairs.add(reference: values, candidate: found.extracting(row))
      metrics.merge(pairs)
      // A NaN or an infinity is as wrong as can be.
      let magnitude = pairs.largestReference
      let largest = pairs.nonFinitePairCount > 0 ? .infinity : pairs.maximumAbsoluteError
      let error = max(0, largest - smallError)
      if error > 0 {
        let row = RowError(
          share: magnitude > 0 ? error / magnitude : .infinity, bound: bound(values))
        worstRow = .worse(worstRow, row)
      }
      largestError = max(largestError, error)
      largestMagnitude = max(largestMagnitude, magnitude)
    }
  }

  mutating func merge(_ later: Part) {
    metrics.merge(later.metrics)
    worstRow = .worse(worstRow, later.worstRow)
    largestError = max(largestError, later.largestError)
    largestMagnitude = max(largestMagnitude, later.largestMagnitude)
  }
}
