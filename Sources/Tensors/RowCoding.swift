/// What the elements of a matrix are in its file, where products can take them without decoding.
public enum RowCoding: Hashable, Sendable {
  /// Numbers of bfloat16, two bytes each, little-endian.
  case bfloat16
  /// Integers, one byte each in two's complement, times the scale of their row.
  case int8
  /// Half a byte each, q for q − 8, times the scale of their group of columns: a multiple of eight, or
  /// the whole row; the last one has what remains. The even column is in the low half of a byte, and a
  /// row begins at one.
  case int4(group: Int)

  /// The bytes of that many elements of a row, from its first on.
  public func byteCount(columns: Int) -> Int {
    switch self {
    case .bfloat16: 2 * columns
    case .int8: columns
    case .int4: columns / 2 + columns % 2
    }
  }

  /// The scales of a row.
  public func scaleCount(columns: Int) -> Int {
    switch self {
    case .bfloat16: 0
    case .int8: 1
    case .int4(let group): columns / group + (columns.isMultiple(of: group) ? 0 : 1)
    }
  }
}
