public import Tensors

/// The bytes of a quantized matrix, by segment.
public struct SegmentByteCounts: Hashable, Sendable {
  public let codes: Int
  public let scales: Int
  public let zeroPoints: Int

  public init(codes: Int, scales: Int, zeroPoints: Int) {
    self.codes = codes
    self.scales = scales
    self.zeroPoints = zeroPoints
  }
}

/// Where the bytes of a quantized matrix `[rows, columns]` lie.
///
/// Three segments, each with its rows one after the other, so that splitting and joining rows of
/// the matrix is splitting and joining rows of the segments:
/// - codes: int8 takes one byte a value (two's complement when symmetric, unsigned when
///   asymmetric). int4 takes half a byte: the even column in the low nibble, q + 8 when symmetric,
///   q when asymmetric; a row begins at a byte, and the last high nibble of an odd row is 0.
/// - scales `[rows, groups]`: of the scale type, little endian.
/// - zero points `[rows, groups]`: one unsigned byte each; empty when symmetric.
extension Scheme {
  /// The groups of a row: one for a whole row, none for no columns.
  public func groupsPerRow(columns: Int) -> Int {
    precondition(columns >= 0)
    let width = group.columns ?? max(columns, 1)
    return columns / width + (columns.isMultiple(of: width) ? 0 : 1)
  }

  /// The bytes of a row of codes.
  public func codeBytesPerRow(columns: Int) -> Int {
    precondition(columns >= 0)
    return codeWidth == .int8 ? columns : columns / 2 + columns % 2
  }

  /// The bytes of a row of scales.
  public func scaleBytesPerRow(columns: Int) -> Int {
    groupsPerRow(columns: columns) * scaleType.byteCount
  }

  /// The bytes of a row of zero points.
  public func zeroPointBytesPerRow(columns: Int) -> Int {
    symmetry == .asymmetric ? groupsPerRow(columns: columns) : 0
  }

  /// The bytes of each segment; nil when their sum overflows an `Int`.
  public func segmentByteCounts(rows: Int, columns: Int) -> SegmentByteCounts? {
    precondition(rows >= 0)
    let perRow = [
      codeBytesPerRow(columns: columns), scaleBytesPerRow(columns: columns),
      zeroPointBytesPerRow(columns: columns),
    ]
    var counts: [Int] = []
    var total = 0
    for bytes in perRow {
      let (count, productOverflow) = bytes.multipliedReportingOverflow(by: rows)
      let (sum, sumOverflow) = total.addingReportingOverflow(count)
      guard !productOverflow, !sumOverflow else { return nil }
      counts.append(count)
      total = sum
    }
    return SegmentByteCounts(codes: counts[0], scales: counts[1], zeroPoints: counts[2])
  }

  /// The bits that a value of such a matrix takes, scales and zero points included; 0 for a matrix
  /// without values.
  public func bitsPerWeight(of shape: Shape) -> Double {
    guard shape.count > 0 else { return 0 }
    let columns = shape.columns
    // In Double, because the sum of three counts near Int.max could overflow.
    let bytes =
      Double(codeBytesPerRow(columns: columns)) + Double(scaleBytesPerRow(columns: columns))
      + Double(zeroPointBytesPerRow(columns: columns))
    return 8 * bytes / Double(columns)
  }
}
