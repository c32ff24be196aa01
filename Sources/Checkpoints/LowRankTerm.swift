internal import Tensors

/// What is added to the values of codes: U · D with U `[rows, rank]` and D `[rank, columns]`, which
/// hold the largest singular values of what the codes have lost.
///
/// The products are summed in float32 in the order of the rank, and the sum is added to the values.
public struct LowRankTerm: Hashable, Sendable {
  /// The tensor of U.
  public let upName: String
  /// The tensor of D.
  public let downName: String
  public let rank: Int
}

extension DecodedCheckpoint {
  /// Adds the term's rows to their values; holds one row of D at a time.
  func add(_ term: LowRankTerm, rows: Range<Int>, to values: inout MutableSpan<Float>) throws {
    guard !rows.isEmpty else { return }
    let columns = values.count / rows.count
    let up = try checkpoint.values(of: term.upName, rows: rows)
    var sums = [Float](repeating: 0, count: values.count)
    for index in 0..<term.rank {
      let down = try checkpoint.values(of: term.downName, rows: index..<index + 1)
      for row in 0..<rows.count {
        let factor = up[row * term.rank + index]
        for column in 0..<columns { sums[row * columns + column] += factor * down[column] }
      }
    }
    for index in values.indices { values[index] += sums[index] }
  }
}
