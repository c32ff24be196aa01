/// The extent of a tensor along each axis, outermost first.
///
/// The suite works on matrices `[rows, columns]`: a linear layer's weight has one row for each
/// output channel. Other ranks are seen as matrices: a scalar is `[1, 1]`, a vector `[1, n]`, and
/// of three or more axes the first that is longer than 1 is the rows, and the product of those after
/// it the columns; the last axis is never the rows.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The extents, outermost first; empty for a scalar.
  public let extents: [Int]
  /// The product of the extents; 1 for a scalar.
  public let count: Int

  /// A shape whose extents are not negative and whose product fits an `Int`.
  ///
  /// - Returns: nil when an extent is negative or the product overflows: the numbers come from
  ///   files, and the caller knows which.
  public init?(checking extents: [Int]) {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      count = product
    }
    self.extents = extents
    self.count = count
  }

  /// A shape known to be valid; traps otherwise.
  public init(_ extents: [Int]) {
    guard let shape = Shape(checking: extents) else {
      preconditionFailure("invalid shape \(extents)")
    }
    self = shape
  }

  /// The number of rows of the matrix view.
  public var rows: Int {
    guard extents.count >= 2 else { return 1 }
    return extents.dropLast().first { $0 != 1 } ?? 1
  }

  /// The number of columns of the matrix view.
  public var columns: Int {
    guard extents.count >= 2 else { return extents.first ?? 1 }
    return rows == 0 ? 0 : count / rows
  }

  /// What is cut when tensors are split and joined: the rows of a matrix, the elements of a vector.
  public var sliceCount: Int { extents.count >= 2 ? rows : extents.first ?? 1 }

  /// The slices of some rows of the matrix view: the one row of a vector has all of them.
  public func slices(ofRows rows: Range<Int>) -> Range<Int> {
    guard extents.count < 2 else { return rows }
    return rows.isEmpty ? 0..<0 : 0..<sliceCount
  }

  /// The values of one slice.
  public var sliceSize: Int { sliceCount == 0 ? 0 : count / sliceCount }

  public var description: String {
    "[" + extents.map(String.init).joined(separator: ", ") + "]"
  }
}
