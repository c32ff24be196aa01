internal import Families
internal import Glibc
public import Parallel
public import Tensors

/// How far one tensor of a candidate is from the reference.
public struct TensorFidelity: Sendable {
  public let name: String
  /// How the candidate stores it.
  public let encoding: String
  public let bitsPerWeight: Double
  public let metrics: ErrorMetrics
  public let worstSegment: SegmentError

  package init(
    name: String, encoding: String, bitsPerWeight: Double, metrics: ErrorMetrics,
    worstSegment: SegmentError
  ) {
    self.name = name
    self.encoding = encoding
    self.bitsPerWeight = bitsPerWeight
    self.metrics = metrics
    self.worstSegment = worstSegment
  }
}

/// The 64 neighbouring values of a row that a candidate gets most wrong.
public struct SegmentError: Hashable, Sendable {
  /// The values of a segment; the last one of a row may have fewer.
  public static let width = 64

  /// The root mean square error of the segment, relative to the root mean square of its row; 0 for
  /// equal values, infinite for an error in a row of zeros.
  public var relativeError = 0.0
  public var row = 0
  /// The first column of the segment.
  public var column = 0

  package init(relativeError: Double = 0, row: Int = 0, column: Int = 0) {
    self.relativeError = relativeError
    self.row = row
    self.column = column
  }
}

/// Compares every tensor of a candidate with the reference, value by value.
///
/// Memory holds one row block of each per thread.
public func measureWeights(
  of candidate: Candidate, against reference: Candidate, threads: Int = availableThreadCount(),
  monitor: WorkMonitor = .silent
) throws -> [TensorFidelity] {
  let descriptions = candidate.weights.weights
  monitor.begin(
    "weights of \(candidate.name)", total: descriptions.storedByteCount, unit: .bytes)
  return try descriptions.map { weight in
    let comparison = try compare(
      weight, of: candidate, against: reference, threads: threads, monitor: monitor)
    return TensorFidelity(
      name: weight.name, encoding: weight.encoding, bitsPerWeight: weight.bitsPerWeight,
      metrics: comparison.metrics, worstSegment: comparison.worstSegment)
  }
}

/// What a range of rows contributes.
private struct Comparison: Sendable {
  var metrics = ErrorMetrics()
  var worstSegment = SegmentError()

  mutating func merge(_ later: Comparison) {
    metrics.merge(later.metrics)
    if later.worstSegment.relativeError > worstSegment.relativeError {
      worstSegment = later.worstSegment
    }
  }
}

private func compare(
  _ weight: WeightDescription, of candidate: Candidate, against reference: Candidate,
  threads: Int, monitor: WorkMonitor
) throws -> Comparison {
  let rows = weight.shape.rows
  let columns = weight.shape.columns
  let step = RowBlock.rowCount(columns: columns)
  let parts = try mapChunks(of: rows, chunk: step, threads: threads) { range in
    try monitor.checkCancellation()
    var part = Comparison()
    let expected = try reference.weights.values(of: weight.name, rows: range)
    let found = try candidate.weights.values(of: weight.name, rows: range)
    part.metrics.add(reference: expected.span, candidate: found.span)
    for row in 0..<range.count {
      let values = row * columns..<(row + 1) * columns
      let segment = worstSegment(
        reference: expected.span.extracting(values), candidate: found.span.extracting(values),
        row: range.lowerBound + row)
      if segment.relativeError > part.worstSegment.relativeError { part.worstSegment = segment }
    }
    monitor.advance(by: weight.storedByteCount(of: range))
    return part
  }
  return parts.reduce(into: Comparison()) { $0.merge($1) }
}

/// The segment of a row with the largest error.
private func worstSegment(
  reference: Span<Float>, candidate: Span<Float>, row: Int
) -> SegmentError {
  var squares = 0.0
  for index in reference.indices { squares += Double(reference[index]) * Double(reference[index]) }
  let rowMeanSquare = squares / Double(max(1, reference.count))
  var worst = SegmentError()
  for column in stride(from: 0, to: reference.count, by: SegmentError.width) {
    let end = min(reference.count, column + SegmentError.width)
    var squaredError = 0.0
    for index in column..<end {
      let error = Double(candidate[index]) - Double(reference[index])
      squaredError += error * error
    }
    // No error is no error, even in a row of zeros; a NaN is as wrong as can be.
    guard squaredError != 0 else { continue }
    let relative = sqrt(squaredError / Double(end - column) / rowMeanSquare)
    let error = relative.isNaN ? Double.infinity : relative
    if error > worst.relativeError {
      worst = SegmentError(relativeError: error, row: row, column: column)
    }
  }
  return worst
}
