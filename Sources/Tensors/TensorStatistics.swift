internal import Glibc

/// What one row of a matrix contributes to its statistics.
public struct RowStatistics: Hashable, Sendable {
  /// The row's index in the matrix.
  public let row: Int
  /// The largest magnitude of its finite values.
  public let absoluteMaximum: Double
  /// √(mean of the squares) of its finite values.
  public let rootMeanSquare: Double
}

/// How the values of a matrix are distributed, gathered row by row.
///
/// Values that are not finite are counted and left out of everything else.
///
/// Each row is centred on its own mean, and moments are joined by the update formulas of Pébay,
/// "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
/// statistical moments" (Sandia report SAND2008-6212, 2008), so that a large mean takes no digits
/// from the higher moments. Partial results of consecutive row ranges merge; cut the ranges alike
/// and merge in order for the same bits on any number of threads.
public struct TensorStatistics: Sendable {
  /// The number of values, finite or not.
  public private(set) var count = 0
  /// The values that are NaN or infinite.
  public private(set) var nonFiniteCount = 0
  /// The largest magnitude; 0 without values.
  public private(set) var absoluteMaximum = 0.0
  /// The rows with the largest magnitudes, largest first, equal ones by index.
  public private(set) var worstRows: [RowStatistics] = []

  private let worstRowLimit: Int
  private var squares = 0.0
  private var moments = CentralMoments()

  /// Statistics of nothing, which will keep the `worstRowLimit` worst rows.
  public init(worstRowLimit: Int = 8) {
    precondition(worstRowLimit >= 0)
    self.worstRowLimit = worstRowLimit
  }

  /// Adds the values of a row; `row` is its index in the whole matrix.
  public mutating func add(_ values: Span<Float>, row: Int) {
    var rowMaximum = 0.0
    var rowSquares = 0.0
    var sum = 0.0
    var finiteCount = 0
    for index in 0..<values.count {
      let value = Double(values[index])
      guard value.isFinite else { continue }
      finiteCount += 1
      sum += value
      rowSquares += value * value
      rowMaximum = max(rowMaximum, abs(value))
    }
    count += values.count
    nonFiniteCount += values.count - finiteCount
    guard finiteCount > 0 else { return }
    absoluteMaximum = max(absoluteMaximum, rowMaximum)
    squares += rowSquares
    moments.merge(CentralMoments(values, mean: sum / Double(finiteCount), count: finiteCount))
    keepWorst([
      RowStatistics(
        row: row, absoluteMaximum: rowMaximum,
        rootMeanSquare: sqrt(rowSquares / Double(finiteCount)))
    ])
  }

  /// Adds the rows of a later range.
  public mutating func merge(_ later: TensorStatistics) {
    count += later.count
    nonFiniteCount += later.nonFiniteCount
    absoluteMaximum = max(absoluteMaximum, later.absoluteMaximum)
    squares += later.squares
    moments.merge(later.moments)
    keepWorst(later.worstRows)
  }

  /// The mean; 0 without values.
  public var mean: Double { moments.mean }

  /// √(Σx² / n), the mean not subtracted; 0 without values.
  public var rootMeanSquare: Double {
    moments.count == 0 ? 0 : sqrt(squares / moments.count)
  }

  /// The fourth standardized moment n Σ(x − mean)⁴ / (Σ(x − mean)²)²: 3 for a normal
  /// distribution, 1.8 for a uniform one, more with outliers.
  ///
  /// **Edge cases**: NaN when all values are equal or there are none.
  public var kurtosis: Double {
    moments.count * moments.fourth / (moments.second * moments.second)
  }

  /// How far a row stands out: its largest magnitude in units of the tensor's root mean square; 0
  /// for a tensor of zeros.
  public func outlierRatio(of row: RowStatistics) -> Double {
    rootMeanSquare == 0 ? 0 : row.absoluteMaximum / rootMeanSquare
  }

  private mutating func keepWorst(_ rows: [RowStatistics]) {
    for row in rows {
      let place =
        worstRows.firstIndex {
          (row.absoluteMaximum, $0.row) > ($0.absoluteMaximum, row.row)
        } ?? worstRows.count
      guard place < worstRowLimit else { continue }
      worstRows.insert(row, at: place)
      if worstRows.count > worstRowLimit { worstRows.removeLast() }
    }
  }
}
