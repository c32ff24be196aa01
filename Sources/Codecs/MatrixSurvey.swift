/// What was learnt of all values of a matrix in a first pass over them.
public struct MatrixSurvey: Sendable {
  /// How much a codec needs to know.
  public enum Extent: Hashable, Sendable {
    case none
    /// The largest magnitude.
    case maximum
    /// The largest magnitude of each run of so many consecutive values, row after row.
    case blockMaxima(count: Int)
  }

  /// The largest magnitude of the matrix.
  public private(set) var maximum: Float = 0
  /// The largest magnitude of each block of values; empty unless that was asked for.
  public private(set) var blockMaxima: [Float] = []

  public init() {}

  /// The survey of some rows that begin at a unit. Values that are not finite count as 0; refusing
  /// them is for `encode`.
  public init(_ values: Span<Float>, _ extent: Extent) {
    switch extent {
    case .none: break
    case .maximum: maximum = Self.maximum(of: values)
    case .blockMaxima(let count):
      for first in stride(from: 0, to: values.count, by: count) {
        let block = values.extracting(first..<min(values.count, first + count))
        blockMaxima.append(Self.maximum(of: block))
      }
      maximum = blockMaxima.max() ?? 0
    }
  }

  /// Joins the survey of later rows.
  public mutating func merge(_ later: MatrixSurvey) {
    maximum = max(maximum, later.maximum)
    blockMaxima += later.blockMaxima
  }

  private static func maximum(of values: Span<Float>) -> Float {
    let largest = values.largestMagnitude
    if largest.isFinite { return largest }
    var maximum: Float = 0
    for index in values.indices where values[index].isFinite {
      maximum = max(maximum, values[index].magnitude)
    }
    return maximum
  }
}
