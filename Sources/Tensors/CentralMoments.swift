/// The number of values, their mean, and the sums of powers of their distance from it.
struct CentralMoments: Sendable {
  private(set) var count = 0.0
  private(set) var mean = 0.0
  /// Σ(x − mean)².
  private(set) var second = 0.0
  /// Σ(x − mean)³.
  private(set) var third = 0.0
  /// Σ(x − mean)⁴.
  private(set) var fourth = 0.0

  init() {}

  /// The moments of the finite values of a row, given their mean and how many they are.
  init(_ values: Span<Float>, mean: Double, count: Int) {
    self.count = Double(count)
    self.mean = mean
    for index in 0..<values.count {
      let value = Double(values[index])
      guard value.isFinite else { continue }
      let distance = value - mean
      let square = distance * distance
      second += square
      third += square * distance
      fourth += square * square
    }
  }

  /// Joins other values: the pairwise update formulas for p = 2, 3, 4 of Pébay 2008.
  mutating func merge(_ other: CentralMoments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let a = count
    let b = other.count
    let n = a + b
    let delta = other.mean - mean
    let square = delta * delta
    fourth +=
      other.fourth + square * square * a * b * (a * a - a * b + b * b) / (n * n * n)
      + 6 * square * (a * a * other.second + b * b * second) / (n * n)
      + 4 * delta * (a * other.third - b * third) / n
    third +=
      other.third + square * delta * a * b * (a - b) / (n * n)
      + 3 * delta * (a * other.second - b * second) / n
    second += other.second + square * a * b / n
    mean += delta * b / n
    count = n
  }
}
